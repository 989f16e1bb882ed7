// A merchant's site, as its developer would write it with newebpay-mpg-sdk. Everything that touches the wire is the
// SDK's own code; this file is the merchant's web server around it.
//
//   node merchant.mjs FOLDER      FOLDER holds node_modules
//
// stdin and stdout carry one JSON object a line. The first line in is {gateway, merchantId, hashKey, hashIV}; the first
// out is {event: "open", url, elsewhere}. Then {id, call, params} is answered by {id, answer} or {id, error}, and each
// post of the gateway is told as {event: "notify" | "return", …}. The end of stdin ends the program.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { NewebpayClient } = createRequire(process.argv[2] + "/")("newebpay-mpg-sdk");

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

// listen serves on a free port of the loopback address and gives the base address.
const listen = (handler) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      handler(request, response).catch((error) => {
        say({ event: "error", error: String(error.stack ?? error) });
        response.writeHead(500).end();
      });
    });
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

const page = (response, body) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><html lang="zh-Hant-TW"><title>商店</title><link rel="icon" href="data:,">${body}</html>`);
};

const read = async (request) => {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
};

class Merchant {
  constructor({ gateway, merchantId, hashKey, hashIV }) {
    // The way of the SDK's README to another address: a proxy for its own calls, a property for the browser's forms.
    this.client = new NewebpayClient({
      merchantId, hashKey, hashIV, env: "sandbox", options: { proxyEndpoint: gateway, proxySecret: "not-a-secret" },
    });
    this.client.apiEndpoint = gateway;
    this.forms = new Map(); // HTML by order number
  }

  async open() {
    this.elsewhere = await listen(async (_, response) => page(response, `<h1 id="thanks">謝謝</h1>`));
    this.url = await listen((request, response) => this.serve(request, response));
    say({ event: "open", url: this.url, elsewhere: this.elsewhere });
  }

  async serve(request, response) {
    const path = new URL(request.url, this.url).pathname;
    if (request.method === "GET" && this.forms.has(path)) {
      return page(response, this.forms.get(path));
    }
    if (request.method === "POST" && path === "/notify") {
      const body = await read(request);
      if (body !== "") { // an empty one only asks whether somebody answers
        this.tell("notify", request, body);
      }
      return response.writeHead(200).end("OK");
    }
    if (request.method === "POST" && path === "/return") {
      const opened = this.tell("return", request, await read(request));
      return page(response, `<h1 id="returned" data-status="${opened.Status}">${opened.Message}</h1>`);
    }
    if (request.method === "POST" && path === "/return-elsewhere") {
      this.tell("return", request, await read(request));
      return response.writeHead(303, { Location: `${this.elsewhere}/thanks` }).end();
    }
    response.writeHead(404).end();
  }

  // tell decrypts a post of the gateway with the SDK and reports it.
  tell(event, request, body) {
    const outer = Object.fromEntries(new URLSearchParams(body));
    const opened = this.client.parseTradeInfo(outer.TradeInfo);
    say({
      event, outer, opened, contentType: request.headers["content-type"],
      names: [...new URLSearchParams(body).keys()],
      shaHolds: this.client.buildTradeSha(outer.TradeInfo) === outer.TradeSha,
    });
    return opened;
  }

  // order makes the page that sends the cardholder to the gateway, and gives its address.
  order({ returnTo, notify, ...params }) {
    if (returnTo) params.ReturnURL = this.url + returnTo;
    if (notify) params.NotifyURL = this.url + "/notify";
    const path = "/buy/" + params.MerchantOrderNo;
    this.forms.set(path, this.client.getPaymentFormHTML(params));
    return this.url + path;
  }

  query(params) {
    return this.client.queryTradeInfo(params);
  }

  // close captures, refunds and takes either back; cancel voids.
  close(params) {
    return this.client.refundCreditCard(params);
  }

  cancel(params) {
    return this.client.cancelCreditCard(params);
  }

  // checkCode is what the CheckCode of a query's answer must be.
  checkCode(params) {
    return this.client.buildCheckCode(params);
  }
}

let merchant;
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (!merchant) {
    merchant = new Merchant(message);
    await merchant.open();
    continue;
  }
  const { id, call, params } = message;
  try {
    say({ id, answer: await merchant[call](params) });
  } catch (error) {
    say({ id, error: String(error.stack ?? error) });
  }
}
process.exit(0);
