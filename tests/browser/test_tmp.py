from tests.browser.test_graphiql import *
async def test_tmp(visit):
    visit.page.set_default_timeout(4000)
    async def look(what): print(what, [await b.text_content() for b in await visit.page.get_by_role("button", pressed=True).all()], repr((await visit.page.locator(HEADERS_EDITOR).text_content())[-60:]))
    await visit.be(Role.AGENT); await visit.page.wait_for_timeout(700); await look("click")
    await visit.page.reload(); await visit.page.wait_for_timeout(1500); await look("reload")
    await visit.page.get_by_label("Add tab").or_(visit.page.get_by_label("New tab")).first.click(); await visit.page.wait_for_timeout(700); await look("new tab")
    await visit.be(Role.CUSTOMER); await visit.page.wait_for_timeout(700); await look("click customer in tab 2")
    print([await t.inner_html() for t in await visit.page.locator(".graphiql-tab").all()])
    await visit.page.locator(".graphiql-tab .graphiql-tab-button").first.click(); await visit.page.wait_for_timeout(700); await look("tab 1")
    await visit.page.locator(".graphiql-tab .graphiql-tab-button").last.click(); await visit.page.wait_for_timeout(700); await look("tab 2")
    await visit.page.screenshot(path="/tmp/mach/tabs.png")
    await visit.page.locator(".graphiql-tab button").first.click(); await visit.page.wait_for_timeout(700); await visit.page.reload(); await visit.page.wait_for_timeout(1500); await look("reload in tab 1")
    print(visit.complaints)
