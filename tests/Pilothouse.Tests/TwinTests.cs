using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Contract;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests;

/// <summary>Checks that nothing is declared twice, and that the routes and codes which our own client knows exist.</summary>
public sealed partial class TwinTests
{
    /// <summary>A limit that a client may send up to is a round number; these files say it as one.</summary>
    private static readonly string[] TellLimits = ["Contract/BodyRules.cs"];

    [Fact]
    public void No_two_types_have_one_name()
    {
        var names = typeof(Server).Assembly.GetTypes()
            .Where(static type => !type.IsNested && type.Namespace?.StartsWith("Pilothouse", StringComparison.Ordinal) == true)
            .Where(static type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null)
            .GroupBy(static type => type.Name).Where(static same => same.Count() > 1);
        Assert.Empty(names.Select(static same => string.Join(" and ", same.Select(static type => type.FullName))));
    }

    [Fact]
    public void No_two_classes_make_folders_and_one_form_of_sizes_is_enough()
    {
        var sources = Sources("src", "Pilothouse").ToList();
        Assert.Single(sources, static source => source.Text.Contains("Directory.CreateDirectory(", StringComparison.Ordinal));
        Assert.Equal("Monitoring/Sizes.cs", Assert.Single(sources, static source => source.Text.Contains("\"MiB\"", StringComparison.Ordinal)).Path);
        Assert.Equal(TellLimits, sources.Where(static source => SizeInText().IsMatch(source.Text)).Select(static source => source.Path));
        Assert.Single(sources, static source => source.Text.Contains("EntryPoint = \"statx\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_sample_bot_and_its_tests_name_codes_and_routes_that_exist()
    {
        var codes = typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(static field => (string)field.GetRawConstantValue()!).ToHashSet();
        await using var server = await TestServer.StartAsync();
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace("{name}", "{id}", StringComparison.Ordinal)).ToHashSet();
        var named = 0;
        foreach (var source in Sources("src", "Pilothouse", "Replay").Concat(Sources("tests", "Pilothouse.Tests", "Replay")))
        {
            foreach (Match code in Code().Matches(source.Text))
            {
                var name = code.Groups[1].Value;
                Assert.True(codes.Contains(name), $"{source.Path} names the code {name}, which no answer has.");
                named++;
            }

            foreach (Match path in ApiPath().Matches(source.Text))
            {
                var route = Id().Replace(path.Value, "{id}");
                Assert.True(routes.Contains(route), $"{source.Path} names the route {route}, which does not exist.");
                named++;
            }
        }

        Assert.True(named > 20, $"only {named} were found");
    }

    private static IEnumerable<(string Path, string Text)> Sources(params string[] folder)
    {
        var root = Repository.PathOf(folder);
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(root, path).Replace('\\', '/'), Text: File.ReadAllText(path)))
            .Where(static source => source.Path.Split('/')[0] is not ("bin" or "obj"));
    }

    /// <summary>A number put into a sentence and called megabytes.</summary>
    [GeneratedRegex(@"\} ?[KMGT]i?B\b")]
    private static partial Regex SizeInText();

    [GeneratedRegex("""(?:Code [!=]= |Refused\(|\\?"code\\?":\\?|InlineData\([0-9]{3}, )\\?"([a-z]+(?:-[a-z]+)*)\\?"(?! *:)""")]
    private static partial Regex Code();

    [GeneratedRegex(@"/api/[a-z-]+(?:/(?:\{[^{}]+\}|\*|[0-9]+|[a-z-]+))*")]
    private static partial Regex ApiPath();

    /// <summary>An id in a path: a number, what stands for one in a test, or what is put there.</summary>
    [GeneratedRegex(@"(?<=/)(?:\{(?:[^{}]|\{[^{}]*\})+\}|\*|[0-9]+)(?=/|$)")]
    private static partial Regex Id();
}
