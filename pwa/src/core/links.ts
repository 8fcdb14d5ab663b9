// Links that open the phone's own message and call apps, as each platform reads them.
import type { Platform } from "./phone";

const digits = (number: string) => number.replace(/[^+0-9]/g, "");

export const telLink = (number: string): string => `tel:${digits(number)}`;

/** iPhones take the text after `&`, everything else after `?` (RFC 5724). The person must still press send. */
export function smsLink(platform: Platform, number: string, body: string): string {
  return `sms:${digits(number)}${platform === "ios" ? "&" : "?"}body=${encodeURIComponent(body)}`;
}
