/** The script of the page's worker. */
import '@darkslide/client/browser/worker';
