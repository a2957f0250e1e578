using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Pilothouse.Http;

/// <summary>
/// The examples of the OpenAPI document. Each feature has its own file NAMEExamples.json beside its code: an object per operation name with
/// <c>takes</c> (the body), <c>answers</c> (by status), <c>csv</c> and <c>parameters</c>. Examples that all operations share (parameters by name,
/// refusals and the answer 202 by status) are in Http/SharedExamples.json. A test sends every example to a server, and so does Postman's runner.
/// </summary>
internal static class OpenApiExamples
{
    private const string Json = "application/json";
    private const string Shared = "SharedExamples.json";

    public static void AddTo(OpenApiDocument document)
    {
        var (own, shared) = ReadAll();
        foreach (var (_, operation) in document.Paths.Values.SelectMany(static path => path.Operations ?? new Dictionary<HttpMethod, OpenApiOperation>()))
        {
            AddTo(operation, own.GetValueOrDefault(operation.OperationId ?? ""), shared);
        }
    }

    /// <summary>Returns the examples of each operation by its name, and those that all operations share.</summary>
    public static (Dictionary<string, JsonNode?> Own, JsonObject Shared) ReadAll() =>
        (typeof(OpenApiExamples).Assembly.GetManifestResourceNames()
            .Where(static name => name.EndsWith("Examples.json", StringComparison.Ordinal) && name != Shared)
            .SelectMany(static name => Read(name)).ToDictionary(static example => example.Key, static example => example.Value), Read(Shared));

    private static void AddTo(OpenApiOperation operation, JsonNode? own, JsonObject shared)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            parameter.Example = Copy(own?["parameters"]?[parameter.Name ?? ""] ?? shared["parameters"]![parameter.Name ?? ""])
                ?? Copy(parameter.Schema?.Default ?? parameter.Schema?.Enum?.FirstOrDefault());
        }

        if (operation.RequestBody?.Content is { } bodies && bodies.TryGetValue(Json, out var body))
        {
            body.Example = Copy(own?["takes"]);
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            foreach (var (type, answer) in response.Content ?? new Dictionary<string, OpenApiMediaType>())
            {
                answer.Example = Copy(type == CsvAnswer.ContentType ? own?["csv"] : own?["answers"]?[status] ?? (type == Json ? shared["answers"]![status] ?? shared["refusals"]![status] : null));
            }
        }
    }

    /// <summary>Returns a copy: a JSON node can have only one parent.</summary>
    private static JsonNode? Copy(JsonNode? node) => node?.DeepClone();

    private static JsonObject Read(string name)
    {
        using var resource = typeof(OpenApiExamples).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(resource)!.AsObject();
    }
}
