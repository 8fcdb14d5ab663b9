// What is shown when a part of the app fails: never a blank page, and never silence about it.
import { Component } from "react";
import i18next from "i18next";

export class Broken extends Component<{ children: React.ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="page-main stack" role="alert">
        <h1>{i18next.t("app.broken_title")}</h1>
        <p>{i18next.t("app.broken_text")}</p>
        <button type="button" className="button filled tall" onClick={() => location.reload()}>{i18next.t("app.reload")}</button>
        <a className="button tall" href="/nod">{i18next.t("lifeboat.open")}</a>
        <a className="button tall" href="tel:112">{i18next.t("police.call")}</a>
      </main>
    );
  }
}
