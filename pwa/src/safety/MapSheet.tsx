// The map itself: Leaflet, fetched when it is first asked for.
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../i18n/use-texts";
import "./map.css";

export interface MapSheetProps {
  /** Address of a tile, with {z}, {x} and {y}. */
  tiles: string;
  lat: number;
  lon: number;
  /** Radius around the place; null where it is exact, or nobody knows. */
  accuracy_m: number | null;
  zoom_least: number;
  zoom_most: number;
  credit: string;
  name: string;
}

const first_zoom = 16;
/** A circle wider than this would be the whole map. */
const widest_m = 5000;

export default function MapSheet({ tiles, lat, lon, accuracy_m, zoom_least, zoom_most, credit, name }: MapSheetProps) {
  const { t } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const [lost, setLost] = useState(false);
  const nearer = t("map.nearer");
  const further = t("map.further");
  useEffect(() => {
    if (!place.current) return;
    const map = L.map(place.current, {
      center: [lat, lon], zoom: Math.min(first_zoom, zoom_most), minZoom: zoom_least, maxZoom: zoom_most,
      zoomControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false,
      // A finger that scrolls the page over the map scrolls the page; two fingers, the keys and the buttons move the map.
      scrollWheelZoom: false, dragging: !L.Browser.mobile,
    });
    L.control.zoom({ zoomInTitle: nearer, zoomOutTitle: further, zoomInText: "+", zoomOutText: "−" }).addTo(map);
    map.attributionControl.setPrefix(false);
    L.tileLayer(tiles, { minZoom: zoom_least, maxZoom: zoom_most, attribution: plain(credit) })
      .on("tileerror", () => setLost(true))
      .on("tileload", () => setLost(false))
      .addTo(map);
    if (accuracy_m && accuracy_m < widest_m) L.circle([lat, lon], { radius: accuracy_m, className: "map-doubt", interactive: false }).addTo(map);
    L.marker([lat, lon], { icon: L.divIcon({ className: "map-pin", html: pin, iconSize: [40, 48], iconAnchor: [20, 46] }), interactive: false, keyboard: false }).addTo(map);
    return () => void map.remove();
  }, [tiles, lat, lon, accuracy_m, zoom_least, zoom_most, credit, nearer, further]);
  return (
    <>
      {lost && <p className="notice amber" role="status">{t("map.lost")}</p>}
      <div ref={place} className="map-sheet" role="region" aria-label={t("map.alt", { name })} />
      <p className="soft number">{t("map.position", { position: `${lat.toFixed(5)}, ${lon.toFixed(5)}` })}</p>
    </>
  );
}

const pin = '<svg viewBox="0 0 40 48" aria-hidden="true"><path d="M20 46S5 32 5 18.500a15 15 0 0 1 30 0C35 32 20 46 20 46Z"/><circle cx="20" cy="18.500" r="6"/></svg>';

/** Leaflet takes the credit for HTML; an office's file has only words to say here. */
function plain(text: string): string {
  const words = document.createElement("span");
  words.textContent = text;
  return words.innerHTML;
}
