// The soft alarm button and, beside it, the truth about what it has set in motion.
import { isOpen, mayBeIn } from "../core/alarm-rules";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useServices, useValue } from "../io/hooks";
import { SosButton } from "../safety/SosButton";
import { Truth } from "../safety/Truth";

export function DeskButton({ office_id, zone_id }: { office_id: string; zone_id: string | null }) {
  const { t } = useTexts();
  const { outbox } = useServices();
  const { all } = useAlarms();
  const cry = useValue(outbox.taps).findLast((one) => one.tap.kind === "signal" && one.tap.body["office_id"] === office_id) ?? null;
  const own = cry?.receipt?.alarm_id ? (all[cry.receipt.alarm_id] ?? null) : null;
  const alarm = own ?? Object.values(all).find((one) => isOpen(one) && mayBeIn(one, office_id) && one.me.is_presser) ?? null;
  const send = () => void outbox.signal({ kind: "panic", office_id: office_id || null, zone_id, device_id: null });
  return (
    <section className="desk-button card">
      <div className="desk-button-press">
        <SosButton size="desk" label={t("desk.button")} onSend={send} />
        <p className="soft">{t("desk.button_help")}</p>
      </div>
      {(cry !== null || alarm !== null) && <Truth cry={cry} alarm={alarm} office_id={office_id} pin={false} />}
    </section>
  );
}
