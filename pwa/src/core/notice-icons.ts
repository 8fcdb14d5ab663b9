// The pictures of a notification, carried along: a browser shows none before it has fetched its pictures, and on a bad line that takes as long as the line likes.
import badge from "../../public/icons/varde-badge.png?inline";
import icon from "../../public/icons/varde-192.png?inline";

export const NOTICE_ICON: string = icon;
export const NOTICE_BADGE: string = badge;
