using System.Text.Json.Serialization.Metadata;

namespace Pilothouse.Operations;

/// <summary>One feature of the server: its services, its operations and its JSON types. Server.cs lists every feature once.</summary>
internal abstract class Feature
{
    /// <summary>The heading of its operations in the OpenAPI document.</summary>
    public abstract string Tag { get; }

    /// <summary>What it is about, in one sentence.</summary>
    public abstract string About { get; }

    /// <summary>The JSON types of everything that it takes and answers.</summary>
    public abstract IJsonTypeInfoResolver Json { get; }

    /// <summary>Registers its services.</summary>
    public virtual void AddServices(IServiceCollection services)
    {
    }

    /// <summary>How the changes of its tables become events of the live stream.</summary>
    public virtual IEnumerable<EventSource> Events(IServiceProvider parts) => [];

    /// <summary>Returns its operations.</summary>
    public abstract IEnumerable<Operation> Operations(IServiceProvider parts);
}
