using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Compares JSON in which numbers may differ by what the order of additions makes of them.</summary>
internal static class Near
{
    private const double Most = 1e-12;

    /// <summary>Fails, and says where, unless both are the same.</summary>
    public static void Same(JsonNode? expected, JsonNode? actual, string where)
    {
        switch (expected, actual)
        {
            case (JsonObject left, JsonObject right):
                Assert.True(left.Select(static field => field.Key).SequenceEqual(right.Select(static field => field.Key)), $"{where}: {right.ToJsonString()} is not {left.ToJsonString()}");
                foreach (var (name, value) in left)
                {
                    Same(value, right[name], $"{where}.{name}");
                }

                break;
            case (JsonArray left, JsonArray right):
                Assert.True(left.Count == right.Count, $"{where}: {right.ToJsonString()} is not {left.ToJsonString()}");
                for (var i = 0; i < left.Count; i++)
                {
                    Same(left[i], right[i], $"{where}[{i}]");
                }

                break;
            default:
                var isNear = expected?.GetValueKind() == JsonValueKind.Number && actual?.GetValueKind() == JsonValueKind.Number
                    ? Math.Abs((double)expected - (double)actual) <= Most * Math.Max(1, Math.Abs((double)expected))
                    : expected?.ToJsonString() == actual?.ToJsonString();
                Assert.True(isNear, $"{where}: {actual?.ToJsonString() ?? "null"} is not {expected?.ToJsonString() ?? "null"}");
                break;
        }
    }
}
