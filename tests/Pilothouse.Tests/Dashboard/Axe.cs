using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Dashboard;

/// <summary>What can be found out about a page without eyes: axe-core, and whether anything is wider than the screen.</summary>
internal static class Axe
{
    private static readonly Lazy<string> Script = new(static () => File.ReadAllText(Repository.PathOf("src", "Pilothouse", "Dashboard", "node_modules", "axe-core", "axe.min.js")));

    private const string Run = """
        async () => {
            const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            return JSON.stringify(found.violations.map((one) => `${one.id}: ${one.nodes[0].html} (${one.nodes.length})`))
        }
        """;

    /// <summary>The elements that stick out of a page that is wider than the screen.</summary>
    private const string Wide = """
        () => document.documentElement.scrollWidth <= innerWidth ? ''
            : [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.parentElement.closest('.table-wrap, .filters')).map((one) => `${one.tagName} ${one.className}`).slice(0, 20).join(', ') || 'nothing that could be named'
        """;

    public static async Task FindsNothingAsync(IPage page, string where)
    {
        await page.WaitForFunctionAsync("() => !document.querySelector('main .skeleton')");
        await page.EvaluateAsync(Script.Value);
        var violations = JsonNode.Parse(await page.EvaluateAsync<string>(Run))!.AsArray();
        Assert.True(violations.Count == 0, $"{where}: {violations.ToJsonString()}");
        await FitsTheScreenAsync(page, where);
    }

    public static async Task FitsTheScreenAsync(IPage page, string where)
    {
        var wide = await page.EvaluateAsync<string>(Wide);
        Assert.True(wide.Length == 0, $"{where} is wider than the screen: {wide}");
    }
}
