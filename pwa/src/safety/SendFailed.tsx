// Nobody has confirmed the alarm: what a person can do with the same phone while the app goes on trying.
import { platformOf } from "../core/phone";
import { smsLink, telLink } from "../core/links";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { Shape } from "../ui/shapes";

export interface SendFailedProps {
  /** The code by which a message and the alarm that gets through later are known to be one. */
  signal_id: string;
  office_id: string | null;
  drill: boolean;
}

export function SendFailed({ signal_id, office_id, drill }: SendFailedProps) {
  const { t } = useTexts();
  const offices = useValue(useServices().offices);
  // Numbers are remembered from the last time that there was a network: see `Services.start`.
  const now = offices[office_id ?? ""] ?? Object.values(offices)[0];
  const contacts = now?.contacts ?? [];
  const sms = now?.sms || contacts[0]?.phone || null;
  const body = t("truth.sms_body", { code: signal_id });
  const numbers = [...(now?.phone ? [{ name: t("truth.office"), phone: now.phone }] : []), ...contacts.slice(0, 2)];
  return (
    <div className="instead" role="alert">
      <p className="instead-go"><Shape name="arrow" size={28} /> {t("truth.go_out")}</p>
      {sms && (
        <a className="button tall wide" href={smsLink(platformOf(navigator.userAgent, navigator.maxTouchPoints), sms, body)}>
          <span>{t("truth.sms")}<br /><span className="number">{sms}</span></span>
        </a>
      )}
      {sms && <p className="instead-sms">{t("truth.sms_help", { text: body })}</p>}
      {!drill && <a className="button tall wide" href={telLink("112")}><Shape name="phone" /> {t("police.call")}</a>}
      {numbers.map((one) => (
        <a key={one.phone} className="button tall wide" href={telLink(one.phone)}>
          <span>{t("truth.call", { name: one.name })}<br /><span className="number">{one.phone}</span></span>
        </a>
      ))}
    </div>
  );
}
