// A phone that nobody has signed in on, without a network: what it cannot do is said, and what it can is large.
import { useTexts } from "../i18n/use-texts";
import { telLink } from "../core/links";
import { Shape } from "../ui/shapes";

export function NoAlarmHere() {
  const { t } = useTexts();
  return (
    <section className="card stack no-alarm" aria-labelledby="no-alarm" role="alert">
      <h2 id="no-alarm"><Shape name="triangle" size={26} /> {t("session.unknown_title")}</h2>
      <p>{t("session.unknown_text")}</p>
      <a className="button danger tall wide" href={telLink("112")}><Shape name="phone" /> {t("police.call")}</a>
      <p className="soft">{t("session.no_server_short")}</p>
    </section>
  );
}
