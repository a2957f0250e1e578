using System.Text.Json.Nodes;

namespace Pilothouse.Http;

/// <summary>The example of each field of a body and of each query parameter, from the examples of the OpenAPI document.</summary>
internal static class FieldExamples
{
    /// <summary>Read at the first refusal, and kept as short texts: the documents themselves would take more memory than they are worth.</summary>
    private static readonly Lazy<Dictionary<(string Operation, string Field), string>> Known = new(Read);

    /// <summary>Returns an example in JSON, the first that one of these operations has; null if there is none.</summary>
    public static string? Find(IReadOnlyList<string> operations, string field) =>
        operations.Append("").Select(operation => Known.Value.GetValueOrDefault((operation, field))).FirstOrDefault(static example => example is not null);

    private static Dictionary<(string Operation, string Field), string> Read()
    {
        var (own, shared) = OpenApiExamples.ReadAll();
        var found = new Dictionary<(string, string), string>();
        Add(found, "", shared["parameters"]);
        foreach (var (operation, examples) in own)
        {
            Add(found, operation, examples?["parameters"]);
            Add(found, operation, examples?["takes"]);
        }

        return found;
    }

    private static void Add(Dictionary<(string, string), string> found, string operation, JsonNode? fields)
    {
        foreach (var (name, value) in fields as JsonObject ?? [])
        {
            found[(operation, name)] = value?.ToJsonString() ?? "null";
        }
    }
}
