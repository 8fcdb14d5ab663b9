// Every button of the office: when it was heard, its battery, when it was last tested, and arming it for a test or a drill.
import { useState } from "react";
import { Table } from "@navikt/ds-react/Table";
import { Button } from "@navikt/ds-react/Button";
import { ageText, parse_ms } from "../core/age";
import type { DeviceNow, OfficeNow } from "../core/session-contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { post } from "../io/api";
import { useNow_ms } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";

const shapes: Record<DeviceNow["state"], ShapeName> = { ok: "disc", silent: "dashed", offline: "cross", unknown: "question" };

export function Devices({ now }: { now: OfficeNow }) {
  const { t, clock } = useTexts();
  const purposes = now.may_arm ?? [];
  const full = now.gateway.state === "ok" && now.gateway.spool === "broken";
  const gateway = now.gateway.state === "ok" ? t("desk.gateway_ok", { time: clock(now.gateway.heard_at, true) }) : t(`desk.gateway_${now.gateway.state}`);
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>{t("desk.devices")}</h2>
        <span className={`gateway ${now.gateway.state}`}><Shape name={now.gateway.state === "ok" ? "disc" : "question"} size={16} /> {t("desk.gateway")}: {gateway}</span>
      </div>
      {full && <p className="device-flag"><Shape name="triangle" size={14} /> {t("desk.why_spool")}</p>}
      {now.devices.length === 0 ? <p className="soft">{t("desk.devices_none")}</p> : (
        <div className="devices-table">
          <Table size="small">
            <Table.Header>
              <Table.Row>
                <Table.HeaderCell scope="col">{t("desk.device")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.state")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.battery")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.tested")}</Table.HeaderCell>
                {purposes.length > 0 && <Table.HeaderCell scope="col"><span className="hidden-text">{t("desk.test")}</span></Table.HeaderCell>}
              </Table.Row>
            </Table.Header>
            <Table.Body>{now.devices.map((device) => <Device key={device.id} device={device} purposes={purposes} />)}</Table.Body>
          </Table>
        </div>
      )}
      {purposes.length > 0 && now.devices.some((one) => one.kind === "portable") && (
        <a className="button" href={`/api/offices/${encodeURIComponent(now.office_id)}/labels`} target="_blank" rel="noreferrer">{t("portable.labels")}</a>
      )}
    </section>
  );
}

type Purpose = OfficeNow["may_arm"][number];

interface ArmedFor {
  purpose: Purpose;
  /** Until when, or what stood in the way. */
  until: string | null;
  reason: string | null;
  /** When the button had last shown that it works: once that changes, the press has come. */
  tested_at: string | null;
}

function Device({ device, purposes }: { device: DeviceNow; purposes: readonly Purpose[] }) {
  const { t, clock, language } = useTexts();
  const [armed, setArmed] = useState<ArmedFor | null>(null);
  const arm = async (purpose: Purpose) => {
    const answer = await post<{ until: string }>(`/api/devices/${encodeURIComponent(device.id)}/arm`, { purpose });
    setArmed({ purpose, until: answer.ok ? (answer.body?.until ?? null) : null, reason: answer.ok ? null : (answer.reason ?? null), tested_at: device.tested_at });
  };
  const tested_ms = parse_ms(device.tested_at);
  const tested = tested_ms === null ? t("desk.never") : new Intl.DateTimeFormat(language === "en" ? "en-GB" : "nb-NO", { day: "numeric", month: "short", timeZone: "Europe/Oslo" }).format(tested_ms);
  const flags = device.flags.map((flag) => { const key = `desk.flag_${flag}`; return isText(key) ? t(key as "desk.flag_tamper") : flag; });
  const state = device.state === "ok" ? t("desk.device_ok", { time: clock(device.heard_at) })
    : device.state === "silent" ? t("desk.device_silent", { time: clock(device.heard_at) }) : t(`desk.device_${device.state}`);
  const canBePressed = device.kind === "button" || device.kind === "portable";
  return (
    <>
      <Table.Row>
        <Table.HeaderCell scope="row">{device.name}<br /><span className="soft">{device.kind === "portable" ? <WithWhom device={device} /> : device.zone}</span></Table.HeaderCell>
        <Table.DataCell>
          <span className={`device-state ${device.state}`}><Shape name={shapes[device.state]} size={16} /> {state}</span>
          {flags.length > 0 && <span className="device-flag"><Shape name="triangle" size={14} /> {flags.join(", ")}</span>}
        </Table.DataCell>
        <Table.DataCell className="number">{device.battery === null ? "–" : `${device.battery} %`}</Table.DataCell>
        <Table.DataCell className="number">{tested}</Table.DataCell>
        {purposes.length > 0 && (
          <Table.DataCell>
            {canBePressed && (
              <div className="device-arm">
                {purposes.map((purpose) => (
                  <Button key={purpose} variant="secondary" onClick={() => void arm(purpose)} aria-label={t(`desk.${purpose}_device`, { name: device.name })}>{t(`desk.${purpose}`)}</Button>
                ))}
              </div>
            )}
          </Table.DataCell>
        )}
      </Table.Row>
      {armed !== null && <tr><td colSpan={5}><Armed armed={armed} pressed={device.tested_at !== armed.tested_at} /></td></tr>}
    </>
  );
}

/** A portable alarm: who has it, since when, and whether they have tested it. */
function WithWhom({ device }: { device: DeviceNow }) {
  const { t, clock } = useTexts();
  if (!device.carrier) return t("portable.on_shelf");
  if (device.carrier.name === "") return t("portable.somebody");
  if (!device.since) return t("portable.owned", { name: device.carrier.name });
  return <>{t("portable.with", { name: device.carrier.name, time: clock(device.since) })}{device.proven === false && <><br /><Shape name="triangle" size={14} /> {t("portable.unproven_short")}</>}</>;
}

function Armed({ armed: { purpose, until, reason }, pressed }: { armed: ArmedFor; pressed: boolean }) {
  const { t } = useTexts();
  const now_ms = useNow_ms();
  if (until === null) return <p className="notice amber" role="alert">{t(reason === "real_alarm_open" ? `desk.${purpose}_beside_real` : "desk.test_failed")}</p>;
  if (pressed) return <p className="notice" role="status"><strong><Shape name="tick" size={18} /> {t("desk.test_heard")}</strong></p>;
  const left_ms = (parse_ms(until) ?? 0) - now_ms;
  if (left_ms <= 0) return <p className="notice dashed" role="status">{t("desk.test_over")}</p>;
  return <p className={`notice armed number ${purpose}`}><strong>{t(`desk.${purpose}_now`, { time: ageText(new Date(now_ms - left_ms).toISOString(), now_ms) })}</strong></p>;
}
