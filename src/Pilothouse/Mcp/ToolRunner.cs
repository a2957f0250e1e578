using System.Text.Json;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>Carries out calls of tools: it runs their operations as every door does, and puts the answers together for a model.</summary>
internal sealed class ToolRunner(OperationRunner runner, CallLimits limits, FleetModes fleet, TimeProvider clock)
{
    /// <summary>How many answers are kept in their form for models. A crowd of agents asks the same few questions.</summary>
    private const int MostForms = 64;

    /// <summary>How often a page is asked for again with fewer records, because the answer would be too long.</summary>
    private const int MostTries = 3;

    private readonly Form?[] forms = new Form?[MostForms];

    /// <summary>Throws a refusal unless the caller may call the tool.</summary>
    public void Demand(BoundTool tool, Caller caller) => runner.Demand(tool.Main, caller);

    /// <summary>Carries out a call of a tool that reads.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="call">The call.</param>
    /// <param name="most">The most bytes of the answer.</param>
    public async ValueTask<ToolAnswer> ReadAsync(BoundTool tool, ToolArguments arguments, Call call, int most = ToolAnswer.MostBytes)
    {
        Demand(tool, call.Caller);
        arguments.Check(tool);
        if (tool.Parts is [{ HasPages: true } page])
        {
            return await PageAsync(tool, page, arguments, call, most);
        }

        var answers = new List<PartAnswer>(tool.Parts.Count);
        foreach (var part in tool.Parts.Where(part => part.Runs(arguments)))
        {
            try
            {
                answers.Add(new(part, JsonElement.Parse((await RunAsync(part, arguments, call)).Plain)));
            }
            catch (Refusal refusal) when (refusal.Status == 404 && part.Declared.MayBeMissing)
            {
                // What is not there is left out of the answer.
            }
        }

        var facts = new AnswerFacts(clock.GetUtcNow());
        var writer = new AnswerWriter(facts, tool.Declared.Sample ?? "count");
        var fields = writer.Write(json => PartAnswer.WriteAll(tool.Declared, writer, json, answers), most);
        answers.Where(static answer => answer.Part.Declared.IsOnlyForAge).ToList().ForEach(answer => facts.SeeAge(answer.Json));
        return ToolAnswer.Of(fields, facts, await ModesAsync(facts, arguments, call), writer.LeftOut, tool.Declared.HoldsForeignText);
    }

    /// <summary>Carries out a call of a tool that writes or controls.</summary>
    public async ValueTask<ToolAnswer> WriteAsync(BoundTool tool, ToolArguments arguments, Call call)
    {
        var part = tool.Parts[0];
        var write = (WriteOperation)part.Operation;
        await CountAsync(part, call);
        runner.Demand(write, call.Caller);
        var body = arguments.Body(part);
        if (body.Length > write.LargestBody)
        {
            throw BodyRules.TooLarge(write.LargestBody);
        }

        var outcome = await write.RunAsync(runner, call with { Target = arguments.Target(part), IdempotencyKey = write.IsRepeatable ? arguments.Key() : null }, body);
        var json = JsonElement.Parse(outcome.Json.Span);
        if (outcome.Status >= 400)
        {
            // The kept answer of an earlier call, which was refused.
            throw ToolErrors.Kept(outcome.Status, json);
        }

        var facts = new AnswerFacts(clock.GetUtcNow());
        var writer = new AnswerWriter(facts, null);
        var fields = writer.Write(
            answer =>
            {
                foreach (var field in json.EnumerateObject().Where(static field => field.Name != "success"))
                {
                    writer.WriteField(answer, field.Name, field.Value);
                }
            },
            ToolAnswer.MostBytes);
        facts.SeeNow();
        return ToolAnswer.Of(fields, facts, await ModesOfWriteAsync(facts, arguments, call), writer.LeftOut, holdsForeignText: json.TryGetProperty("data", out _), outcome.Replayed);
    }

    /// <summary>What has been stored is answered, also where the mode cannot be read.</summary>
    private async ValueTask<Modes> ModesOfWriteAsync(AnswerFacts facts, ToolArguments arguments, Call call)
    {
        try
        {
            return await ModesAsync(facts, arguments, call);
        }
        catch (Exception error) when (KnownFailures.RefusalOf(error) is not null)
        {
            return Modes.None;
        }
    }

    /// <summary>Runs a list in pages. If the page is too long, it is asked for again with as many records as fit, so that its cursor is right.</summary>
    private async ValueTask<ToolAnswer> PageAsync(BoundTool tool, BoundPart part, ToolArguments arguments, Call call, int most)
    {
        var page = await RunAsync(part, arguments, call);
        var now = clock.GetUtcNow();
        var slot = (int)((uint)HashCode.Combine(tool, part.QueryOf(arguments).Text) % MostForms);
        if (forms[slot] is { } form && ReferenceEquals(form.Page, page) && form.Second == now.ToUnixTimeSeconds() && form.Most == most)
        {
            return form.Answer;
        }

        var (first, count, asked) = (page, 0, 0);
        for (var attempt = 1; ; attempt++)
        {
            var facts = new AnswerFacts(now);
            var writer = new AnswerWriter(facts, tool.Declared.Sample ?? "count");
            var json = JsonElement.Parse(page.Plain);
            var isLast = attempt > MostTries || count == 1;
            var fields = writer.Write(answer => PartAnswer.WriteAll(tool.Declared, writer, answer, [new(part, json)]), isLast ? most : int.MaxValue);
            count = json.GetProperty("count").GetInt32();
            asked = attempt == 1 ? count : asked;
            if (fields.Length <= most || isLast)
            {
                if (count < asked)
                {
                    writer.Say($"{count} of {asked} records are shown, to keep the answer short: go on with cursor = next_cursor");
                }

                var answer = ToolAnswer.Of(fields, facts, await ModesAsync(facts, arguments, call), writer.LeftOut, tool.Declared.HoldsForeignText);
                forms[slot] = new(first, now.ToUnixTimeSeconds(), most, answer);
                return answer;
            }

            count = Math.Max(1, (int)(0.95 * count * most / fields.Length));
            page = await runner.ReadAsync((ReadOperation)part.Operation, CallOf(part, arguments, call, count));
        }
    }

    private async ValueTask<KeptBytes> RunAsync(BoundPart part, ToolArguments arguments, Call call)
    {
        await CountAsync(part, call);
        return await runner.ReadAsync((ReadOperation)part.Operation, CallOf(part, arguments, call, null));
    }

    private static Call CallOf(BoundPart part, ToolArguments arguments, Call call, int? limit) =>
        call with { Target = arguments.Target(part), Query = part.QueryOf(arguments, limit) };

    /// <summary>Counts a call in the same limit as over HTTP.</summary>
    private async ValueTask CountAsync(BoundPart part, Call call)
    {
        var state = await limits.TakeAsync(call.Caller, part.Route, part.Limit);
        state?.Demand(clock.GetUtcNow());
    }

    /// <summary>In which mode the data came to be: by the filter, else by the records, else by the bots.</summary>
    private ValueTask<Modes> ModesAsync(AnswerFacts facts, ToolArguments arguments, Call call)
    {
        var modes = AnswerFacts.ModesOf(arguments.Text("mode"));
        modes = modes == Modes.None ? facts.Modes : modes;
        return modes == Modes.None ? fleet.OfAsync(facts.Bots, call) : new(modes);
    }

    private sealed record Form(KeptBytes Page, long Second, int Most, ToolAnswer Answer);
}
