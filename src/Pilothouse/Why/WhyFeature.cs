using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Why;

/// <summary>The operation that tells why a trade was made.</summary>
internal sealed class WhyFeature : Feature
{
    public override string Tag => "Why";

    public override string About => "Why a trade was made, and what came of it.";

    public override IJsonTypeInfoResolver Json => WhyJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<WhyReader>();

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (reader, database) = (parts.GetRequiredService<WhyReader>(), parts.GetRequiredService<Database>());

        // A fresh read, because its many statements are to see one state.
        yield return new FreshRead<One<WhyTrade>>("whyTrade", "GET /api/why/trades/{id}", "Why a trade was made, in the order of time, with what is missing named",
            WhyJson.Default.OneWhyTrade, async (call, _) =>
            {
                var id = call.Id;
                return new One<WhyTrade>(true, await database.SnapshotAsync(call.Caller.Reads, session => reader.ReadAsync(session, id), call.Cancel));
            })
        { MayFindNothing = true, PerMinute = 100 };
    }
}
