using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests;

/// <summary>Holds docs/ to the code: what is documented exists, and what exists is documented.</summary>
public sealed partial class DocsTests
{
    /// <summary>Read by the scripts and by replay, not by the server.</summary>
    private static readonly string[] OtherVariables = ["PILOTHOUSE_API_KEY", "PILOTHOUSE_BINARY"];

    [Fact]
    public void Every_setting_is_documented_with_its_default_and_no_other()
    {
        var documented = SettingRow().Matches(Read("docs", "configuration.md"))
            .Select(static row => $"{row.Groups["name"].Value}={row.Groups["default"].Value}{(row.Groups["reserved"].Success ? " reserved" : "")}");
        var real = Facts().Select(static fact => $"{fact.Name}={fact.Default}{(Settings.IsReserved(fact.Name) ? " reserved" : "")}");
        AssertSame(real, documented);
    }

    [Fact]
    public void Example_env_has_every_setting_with_its_default()
    {
        var documented = EnvLine().Matches(Read(".env.example"))
            .Select(static line => line.Groups["off"].Success ? $"{line.Groups["name"].Value}={line.Groups["value"].Value} reserved" : $"{line.Groups["name"].Value}={line.Groups["value"].Value}");
        var real = Facts().Select(static fact => Settings.IsReserved(fact.Name) || fact.Secret ? $"{fact.Name}={fact.Default} reserved"
            : fact.Name == "CORS_ORIGINS" ? "CORS_ORIGINS=http://localhost:5000"
            : $"{fact.Name}={fact.Default}");
        AssertSame(real, documented);
    }

    [Fact]
    public void Copied_example_env_starts()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.PathOf(".env.example"), folder.File(".env"));
        var values = EnvFile.Read(folder.File(".env"));
        Assert.NotNull(EnvFile.AddMissingSecrets(folder.File(".env"), values));
        Assert.Empty(Settings.Read(values).SetWithoutEffect);
        Assert.NotEmpty(Settings.Read(EnvFile.Read(folder.File(".env"))).Pin);
    }

    [Fact]
    public void Documents_name_no_setting_that_does_not_exist()
    {
        var known = Facts().Select(static fact => fact.Name).Concat(OtherVariables).ToHashSet();
        foreach (var path in MarkdownFiles())
        {
            var unknown = SettingLike().Matches(File.ReadAllText(path)).Select(static match => match.Groups[1].Value)
                .Where(name => !known.Contains(name)).Distinct();
            Assert.True(!unknown.Any(), $"{Relative(path)} names {string.Join(", ", unknown)}");
        }
    }

    [Fact]
    public void Every_error_code_is_documented_and_no_other()
    {
        var real = typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(static field => field.IsLiteral)
            .Select(static field => (string)field.GetRawConstantValue()!);
        var documented = CodeRow().Matches(Read("docs", "api.md")).Select(static row => row.Groups[1].Value);
        AssertSame(real, documented);
    }

    [Fact]
    public async Task Every_route_is_documented_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        var real = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(static endpoint => Methods(endpoint).Select(method => $"{method} {Path(endpoint)}")).Distinct();
        var documented = RouteRow().Matches(Read("docs", "api.md")).Select(static row => $"{row.Groups["method"].Value} {row.Groups["path"].Value}");
        AssertSame(real, documented);
    }

    [Fact]
    public void Every_decision_tells_context_choice_and_consequences()
    {
        string[] notes = [.. Directory.EnumerateFiles(Repository.PathOf("docs", "decisions"), "*.md").Order(StringComparer.Ordinal)];
        Assert.NotEmpty(notes);
        for (var i = 0; i < notes.Length; i++)
        {
            Assert.StartsWith($"{i + 1:D4}-", System.IO.Path.GetFileName(notes[i]), StringComparison.Ordinal);
            var lines = File.ReadAllLines(notes[i]);
            Assert.StartsWith("# ", lines[0], StringComparison.Ordinal);
            Assert.Equal(["## Context", "## Choice", "## Consequences"], lines.Where(static line => line.StartsWith("## ", StringComparison.Ordinal)));
            Assert.InRange(lines.Length, 10, 25);
        }
    }

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        foreach (var path in MarkdownFiles())
        {
            foreach (Match link in Link().Matches(File.ReadAllText(path)))
            {
                var (target, anchor) = (link.Groups["path"].Value, link.Groups["anchor"].Value);
                var file = target.Length == 0 ? path : System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, target));
                Assert.True(File.Exists(file) || Directory.Exists(file), $"{Relative(path)} links to {target}, which is not there.");
                Assert.True(anchor.Length == 0 || Anchors(file).Contains(anchor), $"{Relative(path)} links to {target}#{anchor}, which has no such heading.");
            }
        }
    }

    private static IReadOnlyList<SettingFact> Facts()
    {
        using var folder = new TemporaryFolder();
        return TestServer.SettingsFor(folder).Facts;
    }

    private static IEnumerable<string> Methods(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Where(static method => method != "HEAD");

    private static string Path(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
        return path.StartsWith("/docs", StringComparison.Ordinal) ? "/docs" : path.Replace("{documentName}", "v1", StringComparison.Ordinal);
    }

    private static void AssertSame(IEnumerable<string> real, IEnumerable<string> documented)
    {
        string[] have = [.. real.Order(StringComparer.Ordinal)];
        string[] tell = [.. documented.Order(StringComparer.Ordinal)];
        Assert.True(have.SequenceEqual(tell),
            $"Not documented: {string.Join("; ", have.Except(tell))}\nDocumented but not there: {string.Join("; ", tell.Except(have))}\nTwice: {string.Join("; ", tell.GroupBy(static line => line).Where(static same => same.Count() > 1).Select(static same => same.Key))}");
    }

    private static HashSet<string> Anchors(string file) =>
        [.. File.ReadLines(file).Where(static line => line.StartsWith('#')).Select(static line => NoAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static IEnumerable<string> MarkdownFiles() =>
        Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Where(static path => !Relative(path).Split('/').Any(static part => part is "node_modules" or "bin" or "obj" or ".build" or "dist" or ".git"));

    private static string Relative(string path) => System.IO.Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    private static string Read(params string[] parts) => File.ReadAllText(Repository.PathOf(parts));

    [GeneratedRegex(@"^\| `(?<name>[A-Z][A-Z0-9_]+)`(?<reserved> ○)? \| (`(?<default>[^`]*)`)? *\|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^(?<off>#)?(?<name>[A-Z][A-Z0-9_]+)=(?<value>.*)$", RegexOptions.Multiline)]
    private static partial Regex EnvLine();

    /// <summary>Names that end as our settings do, so that a misspelt or removed one is found wherever it stands.</summary>
    [GeneratedRegex(@"`([A-Z]+(?:_[A-Z]+)*_(?:PORT|HOST|HOSTS|PATH|DIR|URL|PIN|KEY|MINUTES|SECONDS|DAYS|HOUR|MINUTE|BACKUPS?|BALANCE|SIZE|LEVEL|FORMAT|ORIGINS|HTTPS|PROXIES|ALLOWLIST|READS|ENABLED|ENV|BINARY))\b[^`]*`")]
    private static partial Regex SettingLike();

    [GeneratedRegex(@"^\| `([a-z]+(?:-[a-z]+)*)` \| \d{3} \|", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"^\| (?<method>GET|POST|PATCH|PUT|DELETE) \| `(?<path>/[^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex RouteRow();

    [GeneratedRegex(@"\]\((?!https?:|mailto:)(?<path>[^)#\s]*)(#(?<anchor>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
