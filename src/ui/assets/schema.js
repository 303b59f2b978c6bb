// The schema browser: what introspection tells, searchable.
const TYPE = 'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }';
const INTROSPECTION = `{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { kind name description
    fields(includeDeprecated: true) { name description isDeprecated args { name description defaultValue type { ${TYPE} } } type { ${TYPE} } }
    inputFields { name description defaultValue type { ${TYPE} } }
    enumValues(includeDeprecated: true) { name description }
    possibleTypes { name } } } }`;
const FOUND_MAX = 60;

function make(tag, text, parent) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  parent?.append(node);
  return node;
}

/// A type as it is written, and the name to follow.
function written(type) {
  if (type.kind === 'NON_NULL') { const inner = written(type.ofType); return { ...inner, text: `${inner.text}!` }; }
  if (type.kind === 'LIST') { const inner = written(type.ofType); return { ...inner, text: `[${inner.text}]` }; }
  return { name: type.name, text: type.name };
}

export class Schema {
  constructor(place, search, ask) {
    Object.assign(this, { place, search, ask, loaded: false, types: new Map(), roots: [] });
    search.addEventListener('input', () => this.show());
  }

  async load() {
    try {
      const { response, text } = await this.ask(INTROSPECTION);
      if (!response.ok) throw new Error(response.status === 401 ? 'Enter the token to see the schema.' : `status ${response.status}`);
      const found = JSON.parse(text).data.__schema;
      this.types = new Map(found.types.filter((type) => !type.name.startsWith('__')).map((type) => [type.name, type]));
      this.roots = [found.queryType, found.mutationType, found.subscriptionType].filter(Boolean).map((type) => type.name);
      this.loaded = true;
      this.show();
    } catch (error) {
      this.place.textContent = error.message;
    }
  }

  show(name) {
    const wanted = this.search.value.trim().toLowerCase();
    this.place.replaceChildren();
    if (name) return this.type(this.types.get(name), true);
    if (wanted) return this.find(wanted);
    for (const root of this.roots) this.type(this.types.get(root), false);
  }

  link(name, text, parent) {
    const button = make('button', text, parent);
    button.type = 'button';
    button.addEventListener('click', () => { this.search.value = ''; this.show(name); });
    return button;
  }

  find(wanted) {
    const list = make('ul', '', this.place);
    let found = 0;
    for (const type of this.types.values()) {
      const fields = [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
      const hits = [type, ...fields].filter((one) => one.name.toLowerCase().includes(wanted));
      for (const hit of hits) {
        found += 1;
        if (found <= FOUND_MAX) this.link(type.name, hit === type ? type.name : `${type.name}.${hit.name}`, make('li', '', list));
      }
    }
    make('p', found === 0 ? 'Nothing found.' : found > FOUND_MAX ? `The first ${FOUND_MAX} of ${found}.` : '', this.place);
  }

  type(type, back) {
    if (!type) return;
    if (back) { const button = make('button', '\u2190 all', this.place); button.type = 'button'; button.addEventListener('click', () => this.show()); }
    make('h3', type.name, this.place);
    make('p', type.description, this.place);
    const list = make('ul', '', this.place);
    for (const field of [...(type.fields ?? []), ...(type.inputFields ?? [])]) this.field(field, make('li', '', list));
    for (const value of type.enumValues ?? []) { const item = make('li', value.name, list); if (value.description) make('p', value.description, item); }
    for (const one of type.possibleTypes ?? []) this.link(one.name, one.name, make('li', '', list));
  }

  field(field, item) {
    item.append(field.name);
    if (field.args?.length) {
      item.append('(');
      field.args.forEach((arg, index) => {
        if (index > 0) item.append(', ');
        const type = written(arg.type);
        item.append(`${arg.name}: `);
        this.link(type.name, type.text, item).title = arg.description ?? '';
        if (arg.defaultValue) item.append(` = ${arg.defaultValue}`);
      });
      item.append(')');
    }
    item.append(': ');
    const type = written(field.type);
    this.link(type.name, type.text, item);
    if (field.isDeprecated) item.append(' (deprecated)');
    if (field.description) make('p', field.description, item);
  }
}
