using Microsoft.OpenApi;

namespace Pilothouse.Contract;

/// <summary>
/// A JSON converter of one property that tells the OpenAPI document what it reads and writes: the document cannot see into it.
/// </summary>
internal interface IDescribedJson
{
    void Describe(OpenApiSchema schema);
}
