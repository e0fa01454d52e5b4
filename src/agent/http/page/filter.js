// SPDX-License-Identifier: Apache-2.0
//
// The filter of the list. Words separated by spaces, all of which must match: "text" anywhere in name,
// address, status or tags; "status:WORD", the beginning of a status; "KEY=TEXT", a tag whose value contains
// it ("KEY=" for any value); "!" before a word is the opposite.
function memberFilter(text) {
  const tests = text.toLowerCase().split(/\s+/).filter((word) => word !== "" && word !== "!").map((word) => {
    const not = word.startsWith("!"), rest = not ? word.slice(1) : word;
    const test = wordTest(rest);
    return not ? (member) => !test(member) : test;
  });
  return (member) => tests.every((test) => test(member));
}

function wordTest(word) {
  if (word.startsWith("status:")) {
    const begin = word.slice(7);
    return (member) => member.condition.startsWith(begin);
  }
  const equals = word.indexOf("=");
  if (equals > 0) {
    const key = word.slice(0, equals), value = word.slice(equals + 1);
    return (member) => member.tagList.some(([k, v]) =>
      k.toLowerCase() === key && v.toLowerCase().includes(value));
  }
  return (member) => member.text.includes(word);
}
