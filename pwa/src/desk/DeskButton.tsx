// The soft alarm button and, beside it, the truth about what it has set in motion.
import { useEffect, useRef } from "react";
import { useTexts } from "../i18n/use-texts";
import { SosButton } from "../safety/SosButton";
import { Truth } from "../safety/Truth";
import { useDeskPress } from "./use-desk";

export function DeskButton({ office_id }: { office_id: string }) {
  const { t } = useTexts();
  const { cry, alarm, send } = useDeskPress(office_id);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    // Enter is to ask for help without looking for the mouse, unless somebody is busy with something else on the page.
    if (document.activeElement === document.body) place.current?.querySelector("button")?.focus({ preventScroll: true });
  }, []);
  const id = cry?.tap.id ?? null;
  useEffect(() => {
    // In a narrow or low window it lies below what is seen.
    if (id) place.current?.querySelector(".truth")?.scrollIntoView?.({ block: "nearest" });
  }, [id]);
  return (
    <section ref={place} className="desk-button card" aria-label={t("desk.button")}>
      <div className="desk-button-press">
        <SosButton size="desk" label={t("desk.button")} onSend={send} />
        <p className="soft">{t("desk.button_help")}</p>
      </div>
      {(cry !== null || alarm !== null) && <Truth cry={cry} alarm={alarm} office_id={office_id} pin={alarm !== null && alarm.me.is_presser} />}
    </section>
  );
}
