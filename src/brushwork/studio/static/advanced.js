// Every option of the recipe, as a form made from its schema; what differs from the usual is marked, and can be put back.
import { useEffect, useState } from "preact/hooks";
import { api } from "./api.js";
import { IconButton, html } from "./parts.js";
import { OWN_FIELDS, attempt, settings, useSignal } from "./state.js";
import { words } from "./words.js";

export function Advanced({ kind }) {
  const [schema, setSchema] = useState(null);
  const [search, setSearch] = useState("");
  const all = useSignal(settings).advanced;
  const given = all[kind] || {};
  useEffect(() => { attempt(async () => setSchema(await api.schema(kind))); }, [kind]);
  const change = (name, value) => {
    const { [name]: before, ...rest } = given;
    settings.value = { ...settings.value, advanced: { ...all, [kind]: value === undefined ? rest : { ...rest, [name]: value } } };
  };
  const shown = Object.entries(schema?.properties || {}).filter(([name, about]) =>
    !OWN_FIELDS.includes(name) && `${name} ${about.description}`.toLowerCase().includes(search.toLowerCase()));
  const groups = Map.groupBy ? Map.groupBy(shown, ([, about]) => about["x-group"]) : groupBy(shown);
  return html`
    <div class="advanced">
      <input type="search" class="search" placeholder=${words.pictures.search} aria-label=${words.advanced.search}
        onInput=${(event) => setSearch(event.target.value)} />
      ${[...groups].map(([title, list]) => html`
        <fieldset key=${title}>
          <legend>${title}</legend>
          ${list.map(([name, about]) => html`
            <${Field} key=${name} name=${name} about=${about} value=${given[name]} onChange=${(value) => change(name, value)} />`)}
        </fieldset>`)}
    </div>`;
}

function Field({ name, about, value, onChange }) {
  const id = `option-${name}`;
  const isChanged = value !== undefined;
  const now = isChanged ? value : about.default;
  return html`
    <div class=${isChanged ? "option is-changed" : "option"}>
      <label for=${id}>${name.replaceAll("_", " ")}</label>
      <${Input} id=${id} about=${about} value=${now} onChange=${(next) => onChange(same(next, about.default) ? undefined : next)} />
      ${isChanged && html`<${IconButton} icon="undo-2" label=${`${words.advanced.usual}: ${name}`} onClick=${() => onChange(undefined)} />`}
      <p id=${`${id}-help`}>${about.description}</p>
    </div>`;
}

function Input({ id, about, value, onChange }) {
  const help = { "aria-describedby": `${id}-help`, id };
  if (about.enum) {
    return html`<select ...${help} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${about.enum.map((one) => html`<option value=${one} selected=${one === value}>${one}</option>`)}</select>`;
  }
  if (about.type === "boolean") {
    return html`<input type="checkbox" ...${help} checked=${value} onChange=${(event) => onChange(event.target.checked)} />`;
  }
  return html`<input type="text" ...${help} inputmode=${about.type === "string" ? "text" : "decimal"} value=${textOf(value)}
    onChange=${(event) => onChange(read(event.target.value, about))} />`;
}

const textOf = (value) => (Array.isArray(value) ? value.join(" ") : String(value));

// Return what was typed as a value of the option's type; the server refuses what does not fit, and says why.
function read(text, about) {
  if (about.type === "array") return text.split(/[\s,]+/).filter(Boolean).map((one) => read(one, about.items));
  if (about.type === "string") return text;
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function groupBy(entries) {
  const found = new Map();
  for (const entry of entries) {
    const title = entry[1]["x-group"];
    found.set(title, [...(found.get(title) || []), entry]);
  }
  return found;
}
