// Where it is in the house: the office's own drawing of the floor, the pressed zone marked by frame, shape and word.
import { useLayoutEffect, useRef, useState } from "react";
import type { AlarmView } from "../core/contract";
import type { OfficeDrawing } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { lookOf, useAlarmWords } from "./words";
import "./drawing.css";

const svg_names = "http://www.w3.org/2000/svg";

/** The drawing that has this alarm's zone; null where the office has drawn none, or nothing is known of the zone. */
export function useDrawing(alarm: AlarmView): OfficeDrawing | null {
  const places = useValue(useServices().places);
  const { zone_id } = alarm.place;
  if (!zone_id) return null;
  return places[alarm.office_id]?.drawings.find((one) => one.zones.includes(zone_id)) ?? null;
}

export function FloorDrawing({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const words = useAlarmWords(alarm);
  const drawing = useDrawing(alarm);
  const [large, setLarge] = useState(false);
  const sheet = useRef<HTMLDivElement>(null);
  const svg = drawing?.svg;
  const zone_id = alarm.place.zone_id;
  const here = t("drawing.here");
  useLayoutEffect(() => {
    const drawn = svg ? drawnFrom(svg) : null;
    if (!drawn || !sheet.current) return;
    sheet.current.replaceChildren(drawn);
    mark(drawn, `zone-${zone_id}`, here);
  }, [svg, zone_id, here]);
  useLayoutEffect(() => {
    // Enlarged, it is the marked zone that one wants to see, not a corner of the house.
    if (large) sheet.current?.querySelector(".pressed")?.scrollIntoView?.({ block: "nearest", inline: "center" });
  }, [large]);
  if (!drawing) return null;
  const said = t("drawing.alt", { zone: words.where, floor: drawing.floor });
  return (
    <figure className={`drawing ${lookOf(alarm)}`}>
      <div className={`drawing-frame ${large ? "large" : ""}`} role="group" aria-label={t("drawing.title")} tabIndex={large ? 0 : undefined}>
        <div ref={sheet} className="drawing-sheet" role="img" aria-label={[said, words.detail].filter(Boolean).join(" ")} />
      </div>
      <figcaption className="row apart">
        <span>{drawing.floor}{words.detail && <> · {words.detail}</>}</span>
        <button type="button" className="button" aria-pressed={large} onClick={() => setLarge(!large)}>
          <Shape name={large ? "smaller" : "larger"} /> {t(large ? "drawing.smaller" : "drawing.larger")}
        </button>
      </figcaption>
    </figure>
  );
}

/** The server has let only shapes and words through; what is no drawing all the same is not shown. */
function drawnFrom(svg: string): SVGSVGElement | null {
  const read = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  if (read.localName !== "svg" || read.querySelector("script, foreignObject")) return null;
  const drawn = document.importNode(read, true) as unknown as SVGSVGElement;
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("focusable", "false");
  return drawn;
}

/** A frame around the zone, and above it a plate with a pin and a word: none of them rests on colour. */
function mark(drawn: SVGSVGElement, id: string, word: string): void {
  const zone = [...drawn.querySelectorAll<SVGGraphicsElement>("[id]")].find((one) => one.id === id);
  if (!zone) return;
  zone.classList.add("pressed");
  const box = zone.getBBox?.();
  if (!box) return;
  const view = drawn.viewBox.baseVal;
  const unit = view.width / 400;
  const [width, height] = [(34 + word.length * 10.5) * unit, 26 * unit];
  const x = Math.min(Math.max(box.x + box.width / 2 - width / 2, view.x + 2 * unit), view.x + view.width - width - 2 * unit);
  const y = Math.max(box.y - height / 2, view.y + unit);
  const plate = part("g", { class: "plate", transform: `translate(${x} ${y}) scale(${unit})` });
  plate.append(
    part("rect", { width: String(width / unit), height: "26", rx: "5" }),
    part("path", { d: "M16 21.500s-5.500-5-5.500-9.700a5.500 5.500 0 0 1 11 0c0 4.700-5.500 9.700-5.500 9.700Z" }),
    part("text", { x: "27", y: "19", "font-size": "17" }, word),
  );
  // The frame once more, on top: what is drawn after the zone must not cut it into pieces.
  const frame = zone.cloneNode(true) as SVGGraphicsElement;
  frame.removeAttribute("id");
  frame.setAttribute("class", "pressed-frame");
  zone.parentElement?.append(frame);
  drawn.append(plate);
}

function part(name: string, values: Record<string, string>, words = ""): SVGElement {
  const made = document.createElementNS(svg_names, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}
