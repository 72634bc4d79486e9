// Stores a document as one writes, unless it is a notebook that is shown as slides: a talk leaves no trace in it.
// An exercise, which has slides too, says of itself that it is to be stored (tools/exercises.py).
//
// JupyterLab has one switch for all documents. It is off, in ../../labconfig, and this does its work.
// Nothing is built: JupyterLab loads this script and asks for what it has left in _JUPYTERLAB.

const AFTER = 2000; // milliseconds from a change until it is stored
const AGAIN = 20000; // milliseconds from a failure, of which JupyterLab tells, until the next try

const isStored = ({ canSave, model }) =>
  canSave && (model.getMetadata?.("autosave") ?? !model.getMetadata?.("rise")); // a text has no metadata

function watch(context) {
  let timer = null, saving = false, changed = false;
  const later = (wait) => { timer ??= setTimeout(store, wait); };
  const store = () => {
    timer = null;
    if (!context.isDisposed && !saving && context.model.dirty && isStored(context)) context.save().catch(() => {});
  };
  context.model.contentChanged.connect(() => { changed = true; later(AFTER); });
  context.saveState.connect((_, state) => {
    saving = state === "started";
    if (state === "failed") later(AGAIN);
    // JupyterLab takes what was written while it stored for stored too.
    if (state === "completed" && changed) { context.model.dirty = true; later(AFTER); }
    if (saving) changed = false;
  });
  // Where the file had been changed by others, JupyterLab has asked what to do. After "Cancel" it is still `saving`:
  // nobody is asked again until the file has been stored by hand, or loaded anew.
  context.fileChanged.connect(() => { saving = false; });
}

const watched = new WeakSet(); // two views of one document share a context
const createNew = (_, context) => {
  if (!watched.has(context)) watch(context);
  watched.add(context);
};
const plugin = {
  id: "autosave:plugin",
  autoStart: true,
  activate: ({ docRegistry }) => {
    for (const kind of ["Notebook", "Editor"]) docRegistry.addWidgetExtension(kind, { createNew });
  },
};

window._JUPYTERLAB ??= {};
window._JUPYTERLAB.autosave = { init: () => {}, get: async () => () => ({ __esModule: true, default: plugin }) };
