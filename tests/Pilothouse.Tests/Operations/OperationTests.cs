using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilothouse.Operations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Operations;

/// <summary>What somebody who adds an operation may forget; none of these tests has a line of its own for one.</summary>
public sealed partial class OperationTests
{
    [Fact]
    public async Task Every_body_and_answer_can_be_written_by_the_published_program()
    {
        await using var server = await TestServer.StartAsync();

        // The published program has no reflection to fall back on, which the tests have.
        var generated = server.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.TypeInfoResolverChain.Where(static resolver => resolver is not DefaultJsonTypeInfoResolver).ToList();
        var options = new JsonSerializerOptions();
        var missing = Operations(server)
            .SelectMany(static operation => operation.Answers.Select(static answer => answer.Type).Concat(operation is WriteOperation { Input: { } input } ? [input] : []).Select(type => (operation.Name, Type: type)))
            .Where(used => generated.TrueForAll(resolver => resolver.GetTypeInfo(used.Type, options) is null))
            .Select(static used => $"{used.Name} needs [JsonSerializable(typeof({used.Type.Name}))] in the JSON context of its feature");
        Assert.Empty(missing);
    }

    [Fact]
    public async Task Every_operation_has_a_name_and_a_route_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        var operations = Operations(server).ToList();
        Assert.Equal(operations.Count, operations.Select(static operation => operation.Name).Distinct().Count());
        Assert.Equal(operations.Count, operations.Select(static operation => $"{operation.Method} {operation.Path}").Distinct().Count());
        Assert.All(operations, static operation => Assert.Matches("^[a-z][a-zA-Z]+$", operation.Name));
    }

    [Fact]
    public async Task Every_record_that_can_be_posted_can_be_posted_many_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var operations = Operations(server).OfType<WriteOperation>().ToList();
        var batches = operations.Select(static operation => operation.Path).Where(static path => path.EndsWith("/batch", StringComparison.Ordinal)).ToHashSet();
        var records = operations.Where(static operation => operation is { Method: "POST", TargetName: null, HoldsSecret: false } && !operation.Path.EndsWith("/batch", StringComparison.Ordinal));
        Assert.All(records, record => Assert.Contains(record.Path + "/batch", batches));
    }

    [Fact]
    public async Task The_test_of_the_script_calls_every_route()
    {
        await using var server = await TestServer.StartAsync();
        var script = await File.ReadAllTextAsync(Repository.PathOf("start_mcp_server.sh"), TestContext.Current.CancellationToken);
        var looped = Loop().Match(script);
        script = looped.Groups[1].Value.Split(' ').Aggregate(script, (all, path) => all + looped.Groups[2].Value.Replace("$path", path, StringComparison.Ordinal));
        var called = Check().Matches(script).Select(static check => $"{check.Groups[1].Value} {Target().Replace(check.Groups[2].Value.Split('?')[0], "/{}")}").ToHashSet();
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static route => route.RoutePattern.RawText!.Trim('/').StartsWith("api/", StringComparison.Ordinal))
            .Select(static route => $"{route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]} /{Parameter().Replace(route.RoutePattern.RawText!.Trim('/'), "{}")}");
        Assert.Empty(routes.Except(called));
    }

    private static IEnumerable<Operation> Operations(TestServer server) => server.Services.GetServices<Feature>().SelectMany(feature => feature.Operations(server.Services));

    [GeneratedRegex(@"for path in ([\w -]+); do\n(.*?)  done", RegexOptions.Singleline)]
    private static partial Regex Loop();

    [GeneratedRegex(@"check ([A-Z]+) [\x22']?(/[^\s\x22']*)")]
    private static partial Regex Check();

    [GeneratedRegex("/(?:0|none)(?=/|$)")]
    private static partial Regex Target();

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
