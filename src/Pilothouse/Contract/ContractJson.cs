using System.Text.Json.Serialization;

namespace Pilothouse.Contract;

/// <summary>JSON of what belongs to no feature.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ContractJson : JsonSerializerContext;
