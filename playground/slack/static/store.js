// What the page knows. Filled by live.js, read by everything that draws.

export const store = {
  me: "",
  team: "",
  elsewhere: "",
  users: new Map(),
  usergroups: new Map(),
  commands: [],
  emoji: {},
  channels: new Map(),
  messages: new Map(), // channel id → Map(ts → message); only channels that were opened
  current: "", // the open channel's id
  thread: "", // the open thread's ts
  unreadFrom: "", // where the red «new» line stands in the open channel
  view: null,
  scenarios: null,
  online: true,
};

export const channel = () => store.channels.get(store.current);
export const messagesOf = (id) => store.messages.get(id) ?? new Map();
export const user = (id) => store.users.get(id) ?? { id, handle: id, name: id, app: false };
export const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;
