using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests;

/// <summary>Holds docs/ to the code: what is documented exists, and what exists is documented.</summary>
public sealed partial class DocsTests
{
    /// <summary>Read by the scripts, by replay and by the clients, not by the server.</summary>
    private static readonly string[] OtherVariables = ["PILOTHOUSE_API_KEY", "PILOTHOUSE_BINARY", "PILOTHOUSE_URL", "PILOTHOUSE_SPOOL_DIR"];

    [Fact]
    public void Every_setting_is_documented_with_its_default_and_no_other()
    {
        var documented = SettingRow().Matches(Read("docs", "configuration.md"))
            .Select(static row => $"{row.Groups["name"].Value}={row.Groups["default"].Value}");
        var real = Facts().Select(static fact => $"{fact.Name}={fact.Default}");
        AssertSame(real, documented);
    }

    [Fact]
    public void Example_env_has_every_setting_with_its_default()
    {
        var documented = EnvLine().Matches(Read(".env.example"))
            .Select(static line => line.Groups["off"].Success ? $"{line.Groups["name"].Value}={line.Groups["value"].Value} off" : $"{line.Groups["name"].Value}={line.Groups["value"].Value}");
        var real = Facts().Select(static fact => fact.Secret ? $"{fact.Name}={fact.Default} off"
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
    public async Task Every_operation_is_documented_with_its_right_and_its_limit()
    {
        await using var server = await TestServer.StartAsync();
        var rows = RouteRow().Matches(Read("docs", "api.md")).ToDictionary(static row => $"{row.Groups["method"].Value} {row.Groups["path"].Value}");
        Faults.None(Operations(server).Where(operation => rows.ContainsKey(Route(operation))).Select(operation =>
        {
            var (right, limit) = (operation is MessageOperation ? "its secret" : operation.Scope == Scopes.None ? "read" : operation.Scope.ToString().ToLowerInvariant(), operation.PerMinute is { } calls ? $"{calls}" : "default");
            var cells = rows[Route(operation)].Groups;
            return (cells["right"].Value, cells["limit"].Value) == (right, limit) ? ""
                : $"docs/api.md says {cells["right"].Value} and {cells["limit"].Value} of {Route(operation)}: it takes {right}, and its limit is {limit}.";
        }));
    }

    /// <summary>Somewhere under the heading of the route: its row, another row there, or the text below.</summary>
    [Fact]
    public async Task Every_field_and_every_query_parameter_is_documented_under_its_heading()
    {
        await using var server = await TestServer.StartAsync();
        var parts = Read("docs", "api.md").Split("\n### ");
        Faults.None(Operations(server).Select(operation => (Route: Route(operation), Names: Names(operation), Part: Array.Find(parts, part => part.Contains($"| {operation.Method} | `{operation.Path}` |", StringComparison.Ordinal))))
            .Where(static operation => operation.Part is not null)
            .SelectMany(static operation => operation.Names.Where(name => !Regex.IsMatch(operation.Part!, $@"`{name}[`=]"))
                .Select(name => $"docs/api.md names `{name}` of {operation.Route} nowhere under its heading.")));
    }

    [Fact]
    public void Every_table_of_records_is_kept_for_days_that_are_a_setting_or_for_ever()
    {
        var forEver = NeverDeleted().Match(Read("docs", "configuration.md"));
        Assert.True(forEver.Success, "docs/configuration.md says under Retention: Never deleted are `table`, `table` ...");
        var kept = TableName().Matches(forEver.Value).Select(static name => name.Groups[1].Value).ToList();
        var deleted = RetentionRules.All.Select(static rule => rule.Table).ToList();
        Faults.None(RecordTables.Names.Except(kept).Except(deleted).Select(static table =>
            $"Nobody says how long a row of {table} stays: give it a rule in RetentionRules and a setting, or name it in docs/configuration.md where it says what is never deleted."));
        Faults.None(kept.Intersect(deleted).Select(static table => $"docs/configuration.md says that {table} is never deleted, and RetentionRules has a rule for it."));
        Faults.None(kept.Except(RecordTables.Names).Select(static table => $"docs/configuration.md says that {table} is never deleted, and there is no such table."));
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

    private static IEnumerable<Operation> Operations(TestServer server) => server.Services.GetServices<Feature>().SelectMany(feature => feature.Operations(server.Services));

    private static string Route(Operation operation) => $"{operation.Method} {operation.Path}";

    /// <summary>What a client may send. The time of a record, which every one of them has, is told once for all.</summary>
    private static IEnumerable<string> Names(Operation operation) => operation.Query.Parameters.Select(static parameter => parameter.Name).Concat(
        operation is WriteOperation { Input: { } input } && RecordTables.Declared.Values.FirstOrDefault(table => table.Input == input) is { } table
            ? table.Columns.Where(column => !column.IsComputed && column.Name != table.Time).Select(static column => column.Name)
            : []);

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

    [GeneratedRegex(@"^\| `(?<name>[A-Z][A-Z0-9_]+)` \| (`(?<default>[^`]*)`)? *\|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^(?<off>#)?(?<name>[A-Z][A-Z0-9_]+)=(?<value>.*)$", RegexOptions.Multiline)]
    private static partial Regex EnvLine();

    /// <summary>Names that end as our settings do, so that a misspelt or removed one is found wherever it stands.</summary>
    [GeneratedRegex(@"`([A-Z]+(?:_[A-Z]+)*_(?:PORT|HOST|HOSTS|PATH|DIR|URL|PIN|KEY|MINUTES|SECONDS|DAYS|HOUR|MINUTE|BACKUPS?|BALANCE|SIZE|LEVEL|FORMAT|ORIGINS|HTTPS|PROXIES|ALLOWLIST|READS|ENABLED|ENV|BINARY))\b[^`]*`")]
    private static partial Regex SettingLike();

    [GeneratedRegex(@"^\| `([a-z]+(?:-[a-z]+)*)` \| \d{3} \|", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"^\| (?<method>GET|POST|PATCH|PUT|DELETE) \| `(?<path>/[^`]*)` \|(?: (?<right>[^|]*) \| (?<limit>[^|]*) \|)?", RegexOptions.Multiline)]
    private static partial Regex RouteRow();

    [GeneratedRegex(@"Never deleted are [^.]*\.")]
    private static partial Regex NeverDeleted();

    [GeneratedRegex("`([a-z_0-9]+)`")]
    private static partial Regex TableName();

    [GeneratedRegex(@"\]\((?!https?:|mailto:)(?<path>[^)#\s]*)(#(?<anchor>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
