// The pieces of the live board and their ids (docs/fragments.md). Nothing else in the browser builds an id or takes one
// apart; on the server boards/fragments.py does.

const PIECE = /^(?:f|edit-)(\d+)-(unshared-)?(.+)$/;

// Of a fragment's id, or an editor's: {stay, part, shared}. Of any other: null.
export function read(id) {
  const hit = PIECE.exec(id || "");
  return hit && { stay: hit[1], part: hit[3], shared: !hit[2] };
}

// A text where it is read, and while it is written; the field is its name, "12-status-home".
export const textAt = (field) => document.getElementById(`f${field}`);
const editorAt = (field) => document.getElementById(`edit-${field}`);

// The editor that took the place of the fragment, or that the id is of.
export function editorOf(id) {
  const of = read(id);
  return of?.shared ? editorAt(`${of.stay}-${of.part}`) : null;
}

export const rowOf = (stay) => document.getElementById(`r${stay}`);
export const isRowOf = (row, stays) => stays.has(row.id.slice(1));
export const groupAt = (group) => document.getElementById(`g-${group}`);

// All of a resident's pieces within a part of a page.
export const piecesOf = (stay, within) => within.querySelectorAll(`[id^="f${stay}-"]`);

// The ids of all pieces on the page; a text that is being written counts as the fragment it took the place of.
export function standing() {
  const found = [...document.querySelectorAll("[id^='f'][id*='-'], [id^='edit-']")].map((piece) => piece.id.replace(/^edit-/, "f"));
  return new Set(found.filter(read));
}

// --- what an answer says -----------------------------------------------------------------------------------------------

// Whether two of the names pages have for what they show are of the same board: the first letters say what stands there.
export const isSameBoard = (one, other) => one.slice(0, 16) === other.slice(0, 16);

// The stays whose rows it lists.
export const listed = (answer) => new Set(answer.groups.flatMap(([, stays]) => stays.map(String)));

// The stays of which a part is no longer shared with this screen.
export function withdrawn(answer) {
  const stays = new Set();
  for (const id of Object.keys(answer.fragments)) {
    const of = read(id);
    if (of && !of.shared) stays.add(of.stay);
  }
  return stays;
}
