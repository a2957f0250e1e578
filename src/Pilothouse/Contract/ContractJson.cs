using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilothouse.Contract;

/// <summary>The JSON types that belong to no feature.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ContractJson : JsonSerializerContext;
