"""A USB button at the browser's boundary: what WebHID would hand to the page, from plugging in to each report. Everything behind it is the app's own."""

from __future__ import annotations

from playwright.sync_api import Page


class UsbButton:
    """Says 1 when it goes down and 0 when it is let go, as most do. The permission outlives a reload, as a browser's does."""

    SCRIPT = """
    (() => {
      const allowed = () => sessionStorage.getItem("usb.allowed") === "yes";
      const there = () => sessionStorage.getItem("usb.there") !== "no";
      class Device extends EventTarget {
        opened = false; vendorId = 0x2341; productId = 0x0042; productName = "Stor rød";
        async open() { this.opened = true; }
        async close() { this.opened = false; }
        async forget() { sessionStorage.removeItem("usb.allowed"); }
        report(...bytes) {
          const data = new DataView(new Uint8Array(bytes).buffer);
          if (this.opened) this.dispatchEvent(Object.assign(new Event("inputreport"), { reportId: 1, data }));
        }
      }
      let device = new Device();
      const hid = new EventTarget();
      hid.getDevices = async () => (allowed() && there() ? [device] : []);
      hid.requestDevice = async () => { sessionStorage.setItem("usb.allowed", "yes"); return [device]; };
      Object.defineProperty(navigator, "hid", { value: hid });
      window.usb = {
        press() { device.report(1); device.report(1); device.report(0); },
        unplug() { sessionStorage.setItem("usb.there", "no"); hid.dispatchEvent(Object.assign(new Event("disconnect"), { device })); device = new Device(); },
        plugIn() { sessionStorage.setItem("usb.there", "yes"); hid.dispatchEvent(Object.assign(new Event("connect"), { device })); },
      };
    })();
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self) -> None:
        self._page.evaluate("window.usb.press()")

    def unplug(self) -> None:
        self._page.evaluate("window.usb.unplug()")

    def plug_in(self) -> None:
        self._page.evaluate("window.usb.plugIn()")
