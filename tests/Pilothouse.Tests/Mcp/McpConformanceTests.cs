using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>The protocol's own conformance suite, in both eras of the protocol.</summary>
public sealed partial class McpConformanceTests
{
    private const string Suite = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

    /// <summary>What a server must do without any tool of the suite's own: the product itself is tried.</summary>
    [Theory]
    [InlineData("2025-11-25", "server-initialize", "server-session-lifecycle", "logging-set-level", "ping", "completion-complete", "tools-list", "resources-list", "prompts-list", "dns-rebinding-protection")]
    [InlineData("2026-07-28", "completion-complete", "tools-list", "resources-list", "prompts-list", "dns-rebinding-protection", "caching", "http-header-validation", "sep-2164-resource-not-found", "server-sse-multiple-streams")]
    public async Task The_product_passes(string version, params string[] scenarios)
    {
        await using var server = await TestServer.StartAsync();
        Faults.None(await FailuresAsync(server, version, scenarios));
    }

    /// <summary>
    /// What the suite's own tools, resources and prompts show, on the same pipeline. Not among them, because a server without state can ask its
    /// client nothing in the middle of a call: tools-call-sampling, tools-call-elicitation, elicitation-sep1034-defaults,
    /// elicitation-sep1330-enums; because it keeps nothing to go on from: server-sse-polling, resources-subscribe, resources-unsubscribe; and the
    /// scenarios input-required-result-*, because nothing here asks a client for input.
    /// </summary>
    [Theory]
    [InlineData("2025-11-25", "tools-call-simple-text", "tools-call-image", "tools-call-audio", "tools-call-embedded-resource", "tools-call-mixed-content", "tools-call-with-logging", "tools-call-error", "tools-call-with-progress", "json-schema-2020-12", "resources-read-text", "resources-read-binary", "resources-templates-read", "prompts-get-simple", "prompts-get-with-args", "prompts-get-embedded-resource", "prompts-get-with-image")]
    [InlineData("2026-07-28", "tools-call-simple-text", "tools-call-image", "tools-call-audio", "tools-call-embedded-resource", "tools-call-mixed-content", "tools-call-error", "tools-call-with-progress", "json-schema-2020-12", "resources-read-text", "resources-read-binary", "resources-templates-read", "prompts-get-simple", "prompts-get-with-args", "prompts-get-embedded-resource", "prompts-get-with-image", "server-stateless")]
    public async Task Our_pipeline_carries_what_the_suite_sends_through_it(string version, params string[] scenarios)
    {
        await using var server = await TestServer.StartWithAsync(ConformanceParts.AddTo);
        Faults.None(await FailuresAsync(server, version, scenarios));
    }

    private static async Task<List<string>> FailuresAsync(TestServer server, string version, string[] scenarios)
    {
        var failures = new List<string>();
        foreach (var scenario in scenarios)
        {
            var (code, output, error) = await NodeTools.BunAsync(Suite, ["server", "--url", $"{server.Anonymous.BaseAddress}mcp", "--scenario", scenario, "--spec-version", version]);
            var text = Colour().Replace(output + error, "");
            if (code != 0 || text.Contains("SKIPPED: scenario", StringComparison.Ordinal) || !text.Contains(" 0 failed", StringComparison.Ordinal))
            {
                failures.Add($"{version} {scenario}: {string.Join('\n', text.Split('\n').Where(static line => line.Contains("FAIL", StringComparison.Ordinal) || line.Contains("rror", StringComparison.Ordinal) || line.Contains("Passed", StringComparison.Ordinal)))}");
            }
        }

        return failures;
    }

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Colour();
}
