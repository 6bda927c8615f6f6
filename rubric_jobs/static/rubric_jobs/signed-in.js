/** Tells the tab that waits for it that the session is there again. */

import { CHANNEL } from "./session-dialog.js";

new BroadcastChannel(CHANNEL).postMessage("signed in");
