import { Agent, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { checkAnswer } from "./contract";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The parsed body of JSON answers. */
  // biome-ignore lint/suspicious/noExplicitAny: its shape was checked against the contract
  body: any;
}

export interface RequestOptions {
  token?: string | undefined;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; set the content type yourself if it is to be another than JSON. */
  raw?: string | Buffer | undefined;
  headers?: Record<string, string | string[]>;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** HTTP with every header under control. Every answer is checked against the contract. */
export class Client {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  get(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.send("GET", path, options);
  }

  post(path: string, json?: unknown, options: RequestOptions = {}): Promise<Answer> {
    return this.send("POST", path, json === undefined ? options : { json, ...options });
  }

  async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const answer = await this.exchange(method, path, options);
    checkAnswer(method, path.split("?")[0] ?? path, answer);
    return answer;
  }

  /** Without the check: for answers under other rules, such as Engine.IO's. */
  exchange(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const body = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
    const headers: Record<string, string | string[]> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
    const target = new URL(this.url);
    return new Promise((done, failed) => {
      const request = httpRequest(
        { agent, method, path, headers, hostname: target.hostname, port: target.port, setHost: headers.host === undefined },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", failed);
          response.once("end", () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = String(response.headers["content-type"] ?? "").startsWith("application/json") && text !== "";
            done({ status: response.statusCode ?? 0, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined });
          });
        },
      );
      request.once("error", failed);
      if (body !== undefined) request.setHeader("content-length", String(Buffer.byteLength(body)));
      else if (method === "POST") request.setHeader("content-length", "0");
      request.end(body);
    });
  }
}
