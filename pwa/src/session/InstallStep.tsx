// Putting Varde on the phone or the computer: the browser's own question where it has one, else what to tap, drawn.
import { useState } from "react";
import { insideAnotherApp, type Platform } from "../core/phone";
import { spaced } from "../core/start-rules";
import { useServices, useValue } from "../io/hooks";
import { copy } from "../io/install";
import { Shape } from "../ui/shapes";
import { InstallDrawing } from "./InstallDrawings";
import { useDoorTexts } from "./texts";

const steps = [1, 2, 3] as const;

export function InstallStep({ platform, installed, code, onNext }: { platform: Platform; installed: boolean; code: string; onNext: (() => void) | null }) {
  const { x } = useDoorTexts();
  const { install } = useServices();
  const state = useValue(install.state);
  const there = installed || state === "installed";
  return (
    <>
      <p>{x(`start.install_${platform}_why`)}</p>
      {insideAnotherApp(navigator.userAgent, platform, installed) && (
        <div className="notice amber"><p>{x("start.inside", { browser: platform === "ios" ? "Safari" : "Chrome" })}</p><CopyButton what={location.href} label={x("start.copy_link")} /></div>
      )}
      {there && <p className="start-tick" role="status"><Shape name="tick" size={24} /> {x(installed ? "start.installed" : "start.install_asked")}</p>}
      {!there && state === "offered" && <button type="button" className="button filled tall wide" onClick={() => void install.ask()}>{x("start.install_now")}</button>}
      {!there && state === "none" && (
        <ol className="start-drawings">
          {steps.map((step) => (
            <li key={step}><InstallDrawing platform={platform} number={(step - 1) as 0 | 1 | 2} /><p><strong aria-hidden="true">{step}</strong> {x(`start.${platform}_${step}`)}</p></li>
          ))}
        </ol>
      )}
      {onNext === null && code !== "" && <YourCode code={code} />}
      {onNext === null && <p className="notice">{x("start.end_ios")}</p>}
      {onNext && <button type="button" className={`button wide ${there ? "filled tall" : ""}`} onClick={onNext}>{x(there ? "start.next" : "start.without")}</button>}
    </>
  );
}

/** What Safari knows is not known to the app on the Home Screen: the code is carried over by hand. */
function YourCode({ code }: { code: string }) {
  const { x } = useDoorTexts();
  return (
    <section className="card stack" aria-labelledby="your-code">
      <h2 id="your-code">{x("start.your_code")}</h2>
      <p className="start-code">{spaced(code)}</p>
      <p>{x("start.code_there")}</p>
      <CopyButton what={code} label={x("start.copy_code")} />
    </section>
  );
}

function CopyButton({ what, label }: { what: string; label: string }) {
  const { x } = useDoorTexts();
  const [done, setDone] = useState<boolean | null>(null);
  return (
    <div className="row">
      <button type="button" className="button" onClick={() => void copy(what).then(setDone)}>{label}</button>
      <span role="status">{done !== null && x(done ? "start.copied" : "start.not_copied")}</span>
    </div>
  );
}
