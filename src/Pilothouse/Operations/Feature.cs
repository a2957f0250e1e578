using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Operations;

/// <summary>One feature of the server: what it needs, what can be asked of it, and how that is written. The server names each in one list.</summary>
internal abstract class Feature
{
    /// <summary>Its heading in the OpenAPI document.</summary>
    public abstract string Tag { get; }

    /// <summary>What it is about, in one sentence.</summary>
    public abstract string About { get; }

    /// <summary>The JSON of everything that it takes and answers.</summary>
    public abstract IJsonTypeInfoResolver Json { get; }

    /// <summary>Adds its parts.</summary>
    public virtual void AddServices(IServiceCollection services)
    {
    }

    /// <summary>What can be asked of it.</summary>
    public abstract IEnumerable<Operation> Operations(IServiceProvider parts);
}
