using System.Text;

namespace FastKv.Tests.Differential;

/// <summary>
/// Collects the steps that one generator emits. A generator writes commands in good form with boundary arguments; this class
/// then spoils some of them (an argument dropped, doubled, added or replaced), which yields the wrong arities and syntax errors.
/// </summary>
public sealed class StepWriter(Draw draw)
{
    private const double SpoilProbability = 0.06;

    /// <summary>The steps so far.</summary>
    public List<Step> Steps { get; } = [];

    /// <summary>A command that is compared byte for byte, and spoilt sometimes.</summary>
    public void Add(params string[] arguments) => Add(Comparison.Exact, 0, arguments);

    /// <summary>A command with its way of comparison, spoilt sometimes.</summary>
    public void Add(Comparison mode, params string[] arguments) => Add(mode, 0, arguments);

    /// <summary>A command whose integer reply may differ by the tolerance, spoilt sometimes.</summary>
    public void Add(Comparison mode, long tolerance, params string[] arguments)
    {
        if (draw.Chance(SpoilProbability))
            arguments = Spoil(arguments);

        // An automatic ID is the server's time, and so is then much of what is read from the stream: such entries have a stream of their own.
        if (arguments is ["XADD", _, ..] && arguments.Contains("*"))
            (arguments[1], mode) = ("auto", Comparison.Shape);
        AddUnspoilt(mode, tolerance, arguments);
    }

    /// <summary>A command that must go out as it is: spoilt it could pause the server or break the connection's order of replies.</summary>
    public void AddUnspoilt(Comparison mode, params string[] arguments) => AddUnspoilt(mode, 0, arguments);

    /// <summary>As <see cref="AddUnspoilt(Comparison, string[])"/>, compared byte for byte and sent together with the step that follows.</summary>
    public void AddWithNext(params string[] arguments)
    {
        AddUnspoilt(Comparison.Exact, arguments);
        Steps[^1] = Steps[^1] with { WithNext = true };
    }

    /// <summary>Lets time pass on both servers.</summary>
    public void Pause(int milliseconds) => Steps.Add(new Step([], Comparison.Pause, milliseconds));

    private void AddUnspoilt(Comparison mode, long tolerance, string[] arguments)
    {
        arguments = [draw.Case(arguments[0]), .. arguments[1..]];
        Steps.Add(new Step(arguments.Select(Encoding.Latin1.GetBytes).ToArray(), mode, tolerance));
    }

    private string[] Spoil(string[] arguments)
    {
        int at = (int)draw.Between(1, arguments.Length + 1);
        switch (draw.Between(0, 4))
        {
            case 0 when arguments.Length > 1:
                at = Math.Min(at, arguments.Length - 1);
                return [.. arguments[..at], .. arguments[(at + 1)..]];
            case 1 when arguments.Length > 1:
                at = Math.Min(at, arguments.Length - 1);
                return [.. arguments[..at], draw.Stray(), .. arguments[(at + 1)..]];
            case 2 when arguments.Length > 1:
                return [.. arguments, arguments[Math.Min(at, arguments.Length - 1)]];
            default:
                return [.. arguments[..at], draw.Stray(), .. arguments[at..]];
        }
    }
}

/// <summary>A weighted set of command generators, one per command or idiom.</summary>
public sealed class Grammar
{
    private readonly List<(int UpTo, Action<Draw, StepWriter> Generate)> _rules = [];
    private int _weights;

    /// <summary>The families by name; "mixed" draws from all of them.</summary>
    public static IReadOnlyDictionary<string, Grammar> Families { get; } = new Dictionary<string, Grammar>
    {
        ["strings"] = new Grammar().Add(StringCommands.Rules, 1).Add(GenericCommands.Rules, 0.15),
        ["bitmaps"] = new Grammar().Add(BitmapCommands.Rules, 1).Add(GenericCommands.Rules, 0.1),
        ["hashes"] = new Grammar().Add(HashCommands.Rules, 1).Add(GenericCommands.Rules, 0.15),
        ["generic"] = new Grammar().Add(GenericCommands.Rules, 1).Add(StringCommands.Rules, 0.5),
        ["sets"] = new Grammar().Add(SetCommands.Rules, 1).Add(GenericCommands.Rules, 0.15),
        ["lists"] = new Grammar().Add(ListCommands.Rules, 1).Add(GenericCommands.Rules, 0.1),
        ["connection"] = new Grammar().Add(ConnectionCommands.Rules, 1).Add(StringCommands.Rules, 0.3),
        ["server"] = new Grammar().Add(ServerCommands.Rules, 1).Add(StringCommands.Rules, 0.3),
        ["sortedsets"] = new Grammar().Add(SortedSetCommands.Rules, 1).Add(GenericCommands.Rules, 0.05),
        ["streams"] = new Grammar().Add(StreamCommands.Rules, 1).Add(GenericCommands.Rules, 0.03),
        ["transactions"] = new Grammar().Add(TransactionCommands.Rules, 1),
        ["hyperloglogs"] = new Grammar().Add(HyperLogLogCommands.Rules, 1).Add(GenericCommands.Rules, 0.05),
        ["geo"] = new Grammar().Add(GeoCommands.Rules, 1).Add(GenericCommands.Rules, 0.05),
        ["sort"] = new Grammar().Add(SortCommands.Rules, 1),
        ["mixed"] = new Grammar()
            .Add(StringCommands.Rules, 1)
            .Add(BitmapCommands.Rules, 0.6)
            .Add(SetCommands.Rules, 0.3)
            .Add(HashCommands.Rules, 0.5)
            .Add(SortedSetCommands.Rules, 0.3)
            .Add(StreamCommands.Rules, 0.2)
            .Add(ListCommands.Rules, 0.3)
            .Add(GenericCommands.Rules, 1)
            .Add(ConnectionCommands.Rules, 0.3)
            .Add(ServerCommands.Rules, 0.15),
    };

    /// <summary>At least <paramref name="count"/> steps of the sequence that belongs to the seed.</summary>
    public List<Step> Generate(int seed, int count)
    {
        var draw = new Draw(seed);
        var writer = new StepWriter(draw);
        while (writer.Steps.Count < count)
        {
            int point = (int)draw.Between(0, _weights);
            _rules.First(r => point < r.UpTo).Generate(draw, writer);
        }
        return writer.Steps;
    }

    /// <summary>Adds rules, their weights multiplied by a share.</summary>
    public Grammar Add(IEnumerable<(int Weight, Action<Draw, StepWriter> Generate)> rules, double share)
    {
        foreach ((int weight, Action<Draw, StepWriter> generate) in rules)
        {
            _weights += Math.Max(1, (int)(weight * 100 * share));
            _rules.Add((_weights, generate));
        }
        return this;
    }
}
