// The light that is read across the room: one word, one shape, one colour, and why.
import type { Light } from "../core/light";
import { useTexts } from "../i18n/use-texts";
import { Shape, type ShapeName } from "../ui/shapes";
import "./light.css";

const shapes: Record<Light["state"], ShapeName> = {
  ready: "disc", alarm: "square", assist: "disc", drill: "flag", attention: "triangle", unknown: "question",
};

export function StatusLight({ light }: { light: Light }) {
  const { t } = useTexts();
  return (
    <section className={`status-light ${light.state}`} role="status" aria-live="polite">
      <Shape name={shapes[light.state]} size={72} />
      <div>
        <p className="status-word">{t(`desk.light_${light.state}`)}</p>
        <p className="status-why"><Why light={light} /></p>
      </div>
    </section>
  );
}

function Why({ light }: { light: Light }) {
  const { t } = useTexts();
  switch (light.state) {
    case "ready":
      return t("desk.why_ready", { count: light.reachable });
    case "unknown":
      return light.why === "silent" ? t("desk.why_silent", { seconds: light.silent_s }) : t("desk.why_no_facts");
    case "attention":
      return light.why === "device" ? t("desk.why_device", { count: light.count }) : t(`desk.why_${light.why}`);
    default:
      return t("desk.why_alarm", { place: light.place });
  }
}
