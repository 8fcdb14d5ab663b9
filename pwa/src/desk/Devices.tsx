// Every button of the office: when it was heard, its battery, when it was last tested, and a test of it.
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

export function Devices({ now, mayTest }: { now: OfficeNow; mayTest: boolean }) {
  const { t, clock } = useTexts();
  const gateway = now.gateway.state === "ok" ? t("desk.gateway_ok", { time: clock(now.gateway.heard_at, true) }) : t(`desk.gateway_${now.gateway.state}`);
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>{t("desk.devices")}</h2>
        <span className={`gateway ${now.gateway.state}`}><Shape name={now.gateway.state === "ok" ? "disc" : "question"} size={16} /> {t("desk.gateway")}: {gateway}</span>
      </div>
      {now.devices.length === 0 ? <p className="soft">{t("desk.devices_none")}</p> : (
        <div className="devices-table">
          <Table size="small">
            <Table.Header>
              <Table.Row>
                <Table.HeaderCell scope="col">{t("desk.device")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.state")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.battery")}</Table.HeaderCell>
                <Table.HeaderCell scope="col">{t("desk.tested")}</Table.HeaderCell>
                {mayTest && <Table.HeaderCell scope="col"><span className="hidden-text">{t("desk.test")}</span></Table.HeaderCell>}
              </Table.Row>
            </Table.Header>
            <Table.Body>{now.devices.map((device) => <Device key={device.id} device={device} mayTest={mayTest} />)}</Table.Body>
          </Table>
        </div>
      )}
    </section>
  );
}

function Device({ device, mayTest }: { device: DeviceNow; mayTest: boolean }) {
  const { t, clock, language } = useTexts();
  const [armed, setArmed] = useState<string | "failed" | null>(null);
  const arm = async () => {
    const answer = await post<{ until: string }>(`/api/devices/${encodeURIComponent(device.id)}/arm`, { purpose: "test" });
    setArmed(answer.ok && answer.body ? answer.body.until : "failed");
  };
  const tested_ms = parse_ms(device.tested_at);
  const tested = tested_ms === null ? t("desk.never") : new Intl.DateTimeFormat(language === "en" ? "en-GB" : "nb-NO", { day: "numeric", month: "short", timeZone: "Europe/Oslo" }).format(tested_ms);
  const flags = device.flags.map((flag) => { const key = `desk.flag_${flag}`; return isText(key) ? t(key as "desk.flag_tamper") : flag; });
  const state = device.state === "ok" ? t("desk.device_ok", { time: clock(device.heard_at) })
    : device.state === "silent" ? t("desk.device_silent", { time: clock(device.heard_at) }) : t(`desk.device_${device.state}`);
  return (
    <>
      <Table.Row>
        <Table.HeaderCell scope="row">{device.name}<br /><span className="soft">{device.zone}</span></Table.HeaderCell>
        <Table.DataCell>
          <span className={`device-state ${device.state}`}><Shape name={shapes[device.state]} size={16} /> {state}</span>
          {flags.length > 0 && <span className="device-flag"><Shape name="triangle" size={14} /> {flags.join(", ")}</span>}
        </Table.DataCell>
        <Table.DataCell className="number">{device.battery === null ? "–" : `${device.battery} %`}</Table.DataCell>
        <Table.DataCell className="number">{tested}</Table.DataCell>
        {mayTest && (
          <Table.DataCell>
            <Button size="small" variant="secondary" onClick={() => void arm()} aria-label={t("desk.test_device", { name: device.name })}>{t("desk.test")}</Button>
          </Table.DataCell>
        )}
      </Table.Row>
      {armed !== null && <tr><td colSpan={5}><Armed armed={armed} /></td></tr>}
    </>
  );
}

function Armed({ armed }: { armed: string | "failed" }) {
  const { t } = useTexts();
  const now_ms = useNow_ms();
  if (armed === "failed") return <p className="notice amber" role="alert">{t("desk.test_failed")}</p>;
  const left_ms = (parse_ms(armed) ?? 0) - now_ms;
  if (left_ms <= 0) return <p className="notice dashed" role="status">{t("desk.test_over")}</p>;
  return <p className="notice armed number"><strong>{t("desk.test_now", { time: ageText(new Date(now_ms - left_ms).toISOString(), now_ms) })}</strong></p>;
}
