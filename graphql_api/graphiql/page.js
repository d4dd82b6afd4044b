// The page around GraphiQL: a button for each demo account, and requests that carry what the headers editor says.
"use strict";

const { createElement: h, useState } = React;
const { accounts, query } = JSON.parse(document.getElementById("given").textContent);
const REMEMBERED = "helpdesk:account";

function fetcher(request, options = {}) {
  const signedIn = Object.keys(options.headers ?? {}).some((name) => name.toLowerCase() === "authorization");
  // The API answers nobody without a token, but its reference is the same for everybody.
  const borrowed = request.operationName === "IntrospectionQuery" && !signedIn && accounts.length > 0;
  const headers = borrowed ? authorization(accounts[0]) : options.headers;
  return sender(headers)(request, { ...options, headers });
}

function sender(headers) {
  const wsClient = graphqlWs.createClient({
    url: location.origin.replace(/^http/, "ws") + location.pathname,
    connectionParams: headers,
    retryAttempts: 0, // A silent retry would hide both a refusal and what was missed meanwhile.
  });
  return GraphiQL.createFetcher({ url: location.pathname, wsClient, enableIncrementalDelivery: false });
}

function authorization(account) {
  return { Authorization: `Bearer ${account.token}` };
}

// Outlives the token, which is another after a restart; the same person may be in two organizations.
function membership(account) {
  return `${account.email} in ${account.organization}`;
}

function Page() {
  const [headers, setHeaders] = useState(rememberedHeaders);

  function pick(account) {
    sessionStorage.setItem(REMEMBERED, membership(account));
    setHeaders(JSON.stringify(authorization(account), null, 2));
  }

  return [
    accounts.length > 0 && h(Accounts, { key: "accounts", headers, pick }),
    h(GraphiQL, {
      key: "graphiql",
      fetcher,
      headers,
      defaultHeaders: headers,
      onEditHeaders: setHeaders,
      defaultQuery: query,
      defaultEditorToolsVisibility: "headers",
      showPersistHeadersSettings: false,
    }),
  ];
}

function rememberedHeaders() {
  const account = accounts.find((account) => membership(account) === sessionStorage.getItem(REMEMBERED));
  return account && JSON.stringify(authorization(account), null, 2);
}

function Accounts({ headers, pick }) {
  const organizations = [...new Set(accounts.map(({ organization }) => organization))];
  return h(
    "nav",
    { className: "accounts", "aria-label": "Demo accounts" },
    h("span", { className: "accounts-title" }, "Use the API as"),
    organizations.map((organization) =>
      h(
        "div",
        { key: organization, className: "organization", role: "group", "aria-label": organization },
        h("span", { className: "organization-name" }, organization),
        h(
          "span",
          { className: "members" },
          accounts
            .filter((account) => account.organization === organization)
            .map((account) => h(Account, { key: account.email, account, headers, pick })),
        ),
      ),
    ),
  );
}

function Account({ account, headers, pick }) {
  const attributes = {
    type: "button",
    className: "account",
    title: `${account.name}, ${account.email}: fills in the Authorization header`,
    "aria-pressed": (headers ?? "").includes(account.token),
    onClick: () => pick(account),
  };
  return h("button", attributes, h("span", { className: "account-role" }, account.role), " ", account.name);
}

ReactDOM.createRoot(document.getElementById("page")).render(h(Page));
