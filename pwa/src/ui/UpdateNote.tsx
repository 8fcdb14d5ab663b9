// Over every screen: an alarm that this app cannot show, and a newer app or another server, with what happens about it and when.
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useServices, useValue } from "../io/hooks";
import { Shape } from "./shapes";

/** Above the screen; but while an alarm is open the place stands first, and only what hides an alarm stands over it: the rest follows below. */
export function UpdateNote({ below = false }: { below?: boolean }) {
  const { t } = useTexts();
  const { updates, unread } = useServices();
  const { app, server } = useValue(updates.state);
  const lost = useValue(unread);
  const calm = useAlarms().open.length === 0;
  const restart = <button type="button" className="button" onClick={() => updates.restart()}>{t("update.now")}</button>;
  if (lost) {
    return below ? null : (
      <div role="alert" className="notice amber app-note">
        <p><Shape name="triangle" size={22} /> {t("update.unread")}</p>
        <div className="row"><a className="button tall" href="/nod">{t("lifeboat.open")}</a>{restart}</div>
      </div>
    );
  }
  if (below === calm || (server === "same" && !app)) return null;
  // While an alarm is open there is nothing to decide here, and nothing to tap by mistake.
  return (
    <div role="status" className="notice app-note">
      <p>{t(server === "same" ? "update.ready" : `update.server_${server}`)} {t(calm ? "update.soon" : "update.after")}</p>
      {calm && restart}
    </div>
  );
}
