// Phones that may raise and answer: one's own, and those of the offices that one leads; a lost one is taken away here.
import { useCallback, useEffect, useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import { leadsBy, officesWhere } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { get, remove } from "../io/api";
import { useSession } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "./phones.css";

interface Enrolled {
  id: string;
  person: { id: string; name: string };
  label: string;
  seen_at: string | null;
  expired: boolean;
  push: "fine" | "unsure" | "dead" | null;
}

export default function PhonesScreen({ sos }: { sos: React.ReactNode }) {
  const { t } = useTexts();
  const led = officesWhere(useSession(), leadsBy);
  return (
    <Page>
      <div className="stack phones">
        <h1>{t("phones.title")}</h1>
        <p>{t("phones.text")}</p>
        {led.length > 0 && <Link className="button wide" href="/inviter">{t("phones.invite")}</Link>}
        <Phones title={t("phones.mine")} address="/api/phones" />
        {led.map((office) => <Phones key={office.id} title={t("phones.office", { office: office.name })} address={`/api/phones?office_id=${encodeURIComponent(office.id)}`} named />)}
      </div>
      {sos}
    </Page>
  );
}

function Phones({ title, address, named = false }: { title: string; address: string; named?: boolean }) {
  const { t } = useTexts();
  const [phones, setPhones] = useState<Enrolled[] | null>(null);
  const [failed, setFailed] = useState(false);
  const fetchThem = useCallback(async () => {
    const answer = await get<{ phones: Enrolled[] }>(address);
    setFailed(!answer.ok);
    if (answer.body?.phones) setPhones(answer.body.phones);
  }, [address]);
  useEffect(() => void fetchThem(), [fetchThem]);
  return (
    <section className="stack">
      <h2>{title}</h2>
      {failed && <p className="notice amber" role="alert">{t("session.no_server")}</p>}
      {phones === null && !failed && <p className="soft">{t("app.loading")}</p>}
      {phones?.length === 0 && <p className="soft">{t("phones.none")}</p>}
      <ul className="stack">{phones?.map((phone) => <li key={phone.id}><Phone phone={phone} named={named} onGone={() => void fetchThem()} /></li>)}</ul>
    </section>
  );
}

function Phone({ phone, named, onGone }: { phone: Enrolled; named: boolean; onGone: () => void }) {
  const { t, language, clock } = useTexts();
  const [asking, setAsking] = useState(false);
  const [failed, setFailed] = useState(false);
  const name = phone.label || t("phones.unnamed");
  const take = async () => {
    const answer = await remove(`/api/phones/${encodeURIComponent(phone.id)}`);
    setFailed(!answer.ok);
    if (answer.ok) onGone();
  };
  return (
    <div className="card stack enrolled">
      <p className="enrolled-name"><Shape name="phone" size={24} /> <span><strong>{named ? `${phone.person.name} · ${name}` : name}</strong><br />
        <span className="soft">{phone.seen_at ? t("phones.seen", { day: dateText(phone.seen_at, language), time: clock(phone.seen_at) }) : t("phones.never_seen")}</span></span></p>
      {phone.expired && <p className="notice amber">{t("phones.expired")}</p>}
      {phone.push !== "fine" && <p className="soft">{t(phone.push === null ? "phones.no_push" : `phones.push_${phone.push}`)}</p>}
      {failed && <p className="notice amber" role="alert">{t("session.no_server")}</p>}
      {asking ? (
        <div className="stack" role="group" aria-label={t("phones.lost")}>
          <p>{t("phones.sure", { name: phone.person.name })}</p>
          <button type="button" className="button filled wide" onClick={() => void take()}>{t("phones.take")}</button>
          <button type="button" className="button wide" onClick={() => setAsking(false)}>{t("app.cancel")}</button>
        </div>
      ) : (
        <button type="button" className="button wide" aria-label={`${t("phones.lost")}: ${phone.person.name}, ${name}`} onClick={() => setAsking(true)}>{t("phones.lost")}</button>
      )}
    </div>
  );
}
