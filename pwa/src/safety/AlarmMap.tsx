// A map around the alarm, only when somebody asks for it: fetched through Varde's own server, so that no map service learns who looks where.
import { lazy, Suspense, useState } from "react";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { useAlarmWords } from "./words";

const MapSheet = lazy(() => import("./MapSheet"));

export function AlarmMap({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const words = useAlarmWords(alarm);
  const place = useValue(useServices().places)[alarm.office_id];
  const [open, setOpen] = useState(false);
  // Somebody who is out is not at the office: without a position of theirs there is nothing to show.
  const point = alarm.visit ? alarm.visit.position : place?.position ? { ...place.position, accuracy_m: null } : null;
  if (!point) return null;
  if (!place?.map) return alarm.visit ? <p className="soft">{t("map.off")}</p> : null;
  return (
    <section className="map stack" aria-label={t("map.title")}>
      <button type="button" className="button wide" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Shape name="pin" /> {t(open ? "map.close" : "map.open")}
      </button>
      {open && (
        <Suspense fallback={<p className="soft">{t("map.loading")}</p>}>
          <MapSheet
            tiles={`/api/alarms/${encodeURIComponent(alarm.id)}/map/{z}/{x}/{y}`}
            lat={point.lat} lon={point.lon} accuracy_m={point.accuracy_m}
            zoom_least={place.map.zoom_least} zoom_most={place.map.zoom_most} credit={place.map.credit} name={words.where}
          />
        </Suspense>
      )}
    </section>
  );
}
