// The light that is read across the room: one word, one shape, one colour, and why.
import type { Light, Why as Reason } from "../core/light";
import { telLink } from "../core/links";
import { useTexts } from "../i18n/use-texts";
import { Shape, type ShapeName } from "../ui/shapes";
import { useGapText } from "./words";
import "./light.css";

const shapes: Record<Light["state"], ShapeName> = {
  ready: "disc", alarm: "square", assist: "disc", drill: "flag", not_ready: "triangle", unsure: "question", attention: "triangle", unknown: "question",
};

export function StatusLight({ light }: { light: Light }) {
  const { t } = useTexts();
  return (
    <section className={`status-light ${light.state}`}>
      <Shape name={shapes[light.state]} size={72} />
      <div>
        <div role="status">
          <p className="status-word">{t(`desk.light_${light.state}`)}</p>
          {light.state !== "unknown" && <Why light={light} />}
        </div>
        {/* Its seconds count: said aloud they would never end. */}
        {light.state === "unknown" && <Why light={light} />}
      </div>
    </section>
  );
}

function Why({ light }: { light: Light }) {
  const { t } = useTexts();
  switch (light.state) {
    case "ready":
      return <p className="status-why">{t("desk.why_ready", { count: light.reachable })}</p>;
    case "unknown":
      return (
        <p className="status-why">
          {light.why === "silent" ? t("desk.why_silent", { seconds: light.silent_s }) : t("desk.why_no_facts")}
          {light.phone && <a className="status-phone number" href={telLink(light.phone)}><Shape name="phone" size={24} /> {light.phone}</a>}
        </p>
      );
    case "not_ready":
    case "unsure":
    case "attention":
      return (
        <ul className="status-why">
          {light.whys.map((why) => <li key={why.about}><Because why={why} /></li>)}
          {light.reachable > 0 && <li>{t("desk.why_ready", { count: light.reachable })}</li>}
        </ul>
      );
    default:
      return <p className="status-why">{t("desk.why_alarm", { place: light.place })}</p>;
  }
}

export function Because({ why }: { why: Reason }) {
  const { t } = useTexts();
  const gapText = useGapText();
  switch (why.about) {
    case "roles":
      return <strong>{t("desk.why_roles", { roles: why.gaps.map(gapText).join(", ") })}</strong>;
    case "unsure":
      return t("desk.why_unsure", { roles: why.gaps.map(gapText).join(", ") });
    case "proof":
      return <strong>{why.broken === "screens" ? t("desk.why_proof_screens", { count: why.screens, deaf: why.deaf }) : t(`desk.why_proof_${why.broken}`)}</strong>;
    case "unproven":
      return t(`desk.why_unproven_${why.link}`);
    case "device":
      return t("desk.why_device", { count: why.count });
    default:
      return t(`desk.why_${why.about}`);
  }
}
