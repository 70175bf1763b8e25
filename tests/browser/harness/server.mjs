// The real program with a temporary database of its own.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const built = path.resolve(repository, process.env.CARGO_TARGET_DIR ?? "target", "debug");
// The program, and the site of its own in `tests/host` that has added it.
const curfew = { program: path.join(built, "curfew"), folder: repository, root: "" };
const host = { program: path.join(built, "examples/host"), folder: path.join(repository, "tests/host"), root: "/auth" };

// A limit against hanging forever, far longer than a busy machine needs.
const PATIENCE_MS = 60_000;

export class Server {
  #child;
  #folder;
  #environment;
  #printed = "";
  #read = new Set();
  #kind = curfew;

  /** `settings` are environment variables for the program. `inHost`: Curfew in a site of its own. */
  static async start(settings = {}, { inHost = false } = {}) {
    const server = new Server();
    if (inHost) server.#kind = host;
    server.#folder = await mkdtemp(path.join(tmpdir(), "curfew-browser-"));
    server.#environment = { ...environment(server.#folder), ...settings };
    try {
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Another node of the same site; stop it first. */
  async another() {
    const node = new Server();
    node.#environment = { ...this.#environment, ROCKET_PORT: "0" };
    await node.#launch();
    return node;
  }

  /** Pauses the process, as on an overloaded machine; but never during a write, which would block every node. */
  async pauses() {
    await this.#until("the process is paused outside a write", async () => {
      this.#child.kill("SIGSTOP");
      if (await this.#canWrite()) return true;
      this.#child.kill("SIGCONT");
      return false;
    });
  }

  resumes() {
    this.#child.kill("SIGCONT");
  }

  /** Everything that the program has printed. */
  get printed() {
    return this.#printed;
  }

  /** The setup code for the first superuser, as printed when the program starts. */
  get setupCode() {
    const found = this.#printed.match(/^Setup code: (.+)$/m);
    if (!found) throw new Error(`No setup code was printed:\n${this.#printed}`);
    return found[1].trim();
  }

  /** Runs a command of the program on the same database. */
  async runs(args, input = "") {
    const { program, folder } = this.#kind;
    const done = execFile(program, args, { cwd: folder, env: this.#environment });
    const heard = { out: "", err: "" };
    done.stdout.on("data", (text) => (heard.out += text));
    done.stderr.on("data", (text) => (heard.err += text));
    done.stdin.end(input);
    const [status] = await once(done, "close");
    if (status !== 0) throw new Error(`curfew ${args.join(" ")} failed: ${heard.err}`);
    return heard.out;
  }

  /** Waits for the next letter to this address, and returns its kind and its link. */
  async letter(address, kind) {
    let found;
    await this.#until(`a letter of kind ${kind} to ${address} is sent`, async () => {
      const folder = path.join(this.#folder, "mail");
      for (const name of await readdir(folder).catch(() => [])) {
        if (!name.endsWith(".eml") || this.#read.has(name)) continue;
        const text = (await readFile(path.join(folder, name), "utf8")).replaceAll("=\r\n", "");
        if (!text.includes(`X-Curfew-Letter: ${kind}`) || !text.includes(`To: ${address}`)) continue;
        this.#read.add(name);
        found = text.match(/(http:\/\/[^\s"<]+?\/(?:password\/reset|email\/verify|not-me)\/([a-z2-7]{32}))/);
      }
      return found;
    });
    return { link: found[1], token: found[2] };
  }

  /** Writes to the database with SQL. */
  async writes(sql) {
    const { status, err } = await this.#asksSqlite(sql, PATIENCE_MS);
    if (status !== 0) throw new Error(`The database did not take it: ${err}`);
  }

  /** Whether the file can be written to now, or as soon as a running node is done. */
  async #canWrite() {
    const { status } = await this.#asksSqlite("BEGIN IMMEDIATE; ROLLBACK;", 500);
    return status === 0;
  }

  async #asksSqlite(sql, patience) {
    const database = this.#environment.DATABASE_URL.replace("sqlite:", "");
    const done = execFile("sqlite3", ["-bail", "-cmd", `.timeout ${patience}`, database]);
    const heard = { err: "" };
    done.stderr.on("data", (text) => (heard.err += text));
    done.stdin.end(sql);
    const [status] = await once(done, "close");
    return { status, err: heard.err };
  }

  async stop() {
    let stubborn = false;
    if (this.#child && !this.#hasEnded) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      const guard = setTimeout(() => {
        stubborn = true;
        this.#child.kill("SIGKILL");
      }, PATIENCE_MS);
      await ended;
      clearTimeout(guard);
    }
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    if (stubborn) throw new Error("The program did not end when asked to.");
  }

  get #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Starts the program on a port that the system chooses, and waits until it is ready. */
  async #launch() {
    const { program, folder } = this.#kind;
    this.#child = spawn(program, ["serve"], {
      cwd: folder,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => (this.#printed += text));
    }
    this.#child.on("error", (error) => (this.#printed += `${program}: ${error.message}\n`));
    await this.#until("it is ready", () => this.#knowsItsAddress() && this.#answers(`${this.#kind.root}/readyz`));
  }

  #knowsItsAddress() {
    const launched = this.#printed.match(/has launched from (http:\/\/127\.0\.0\.1:(\d+))\n/);
    if (!launched) return false;
    this.url = launched[1];
    // Letters that a command sends lead to the configured port.
    this.#environment.ROCKET_PORT = launched[2];
    return true;
  }

  async #answers(address) {
    try {
      return (await fetch(this.url + address)).ok;
    } catch {
      return false; // not listening yet
    }
  }

  // The only place that polls: nothing signals that a program has begun to listen, or has sent a letter.
  async #until(what, isSo) {
    const end = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (!this.#child.pid || this.#hasEnded || Date.now() > end) {
        throw new Error(`The program did not get as far as: ${what}.\n${this.#printed}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

// Only variables set by a test may reach the program, not the settings of the user who runs the tests.
function environment(folder) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(ROCKET_|CURFEW_|DATABASE_URL$|REDIS_URL$|SMTP_URL$)/.test(name),
  );
  const database = `sqlite:${path.join(folder, "curfew.db")}`;
  return {
    ...Object.fromEntries(inherited),
    DATABASE_URL: database,
    // A host reads its own settings only.
    ROCKET_DATABASES: `{curfew={url="${database}"}}`,
    ROCKET_ADDRESS: "127.0.0.1",
    ROCKET_PORT: "0",
    ROCKET_LOG_LEVEL: "normal",
    CURFEW_BCRYPT_COST: "4",
  };
}
