using Microsoft.OpenApi;

namespace Pilothouse.Contract;

/// <summary>
/// A JSON converter that describes for the OpenAPI document what it reads and writes, which the document's generator cannot find out.
/// </summary>
internal interface IDescribedJson
{
    void Describe(OpenApiSchema schema);
}
