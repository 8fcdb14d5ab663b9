// Language, light or dark, and who is signed in; behind one button so that it is never in the way.
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { Language } from "../core/session-contract";
import { chooseLanguage, languages } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { chooseTheme, chosenTheme, themes, type Theme } from "./theme";
import "./settings.css";

const names: Record<Language, string> = { nb: "Bokmål", nn: "Nynorsk", en: "English" };

const places = [["/kom-i-gang", "app.get_started"], ["/pin", "app.pin"], ["/telefoner", "phones.title"]] as const;

export function Settings() {
  const { t, language } = useTexts();
  const services = useServices();
  const { session } = useValue(services.session);
  const [open, setOpen] = useState(false);
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [open]);

  // Whoever tabs on must see where: the panel lies over the page.
  const leave = (event: React.FocusEvent) => event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget) && setOpen(false);

  return (
    <div className="settings" onBlur={leave}>
      <button ref={button} type="button" className="button settings-button" aria-expanded={open} onClick={() => setOpen(!open)} aria-label={t("app.settings")}>
        <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h9m5 0h2M4 17h2m5 0h9M15.500 4.500v5M8.500 14.500v5" stroke="currentColor" strokeWidth="2.400" strokeLinecap="round" fill="none" /></svg>
      </button>
      {open && (
        <div className="settings-panel card stack">
          {session && <p className="soft">{t("app.you_are", { name: session.person.name })}</p>}
          <fieldset>
            <legend>{t("app.language")}</legend>
            <div className="choices across">
              {languages.map((one) => (
                <label key={one} className="choice" lang={one}>
                  <input type="radio" name="language" checked={one === language} onChange={() => chooseLanguage(one)} />
                  {names[one]}
                </label>
              ))}
            </div>
          </fieldset>
          <fieldset>
            <legend>{t("app.theme")}</legend>
            <div className="choices across">
              {themes.map((one) => (
                <label key={one} className="choice">
                  <input type="radio" name="theme" checked={one === theme} onChange={() => { chooseTheme(one); setTheme(one); }} />
                  {t(`app.theme_${one}`)}
                </label>
              ))}
            </div>
          </fieldset>
          {session && session.tier !== "key" && places.map(([href, name]) => <Link key={href} className="button wide" href={href} onClick={() => setOpen(false)}>{t(name)}</Link>)}
          {session && session.tier !== "key" && <button type="button" className="button wide" onClick={() => void services.lock()}>{t("key.lock")}</button>}
          {session && <button type="button" className="button wide" onClick={() => void services.signOut()}>{t("app.sign_out")}</button>}
        </div>
      )}
    </div>
  );
}
