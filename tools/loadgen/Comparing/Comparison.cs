// Drives two servers in alternating rounds, and a third one beside them where a floor is asked for. Control plane.
//
//   cell (command, depth):  warm up A, warm up B │ A B │ B A │ A B │ ...     one pair is a round
//
// What a machine does beside this (other guests, frequency, temperature) drifts over seconds to hours, and hits both servers of a round alike; the
// order turns every round, so that what follows a drift within rounds cancels too. Ratios of the medians hold where absolute figures do not.
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;

namespace FastKv.LoadGen.Comparing;

/// <summary>A comparison as planned; its servers live as long as it.</summary>
internal sealed class Comparison : IDisposable
{
    private readonly ComparisonPlan _plan;
    private readonly Contender _a;
    private readonly Contender _b;
    private readonly Contender? _floor;
    private readonly ProgressLine _progress;

    /// <summary>Starts or finds both servers.</summary>
    /// <exception cref="LoadException">One cannot be reached or measured.</exception>
    public Comparison(ComparisonPlan plan)
    {
        _plan = plan;
        _progress = new ProgressLine(plan.Options.Quiet);
        _a = new Contender(plan.A, plan.Options, plan.ServerCore, "a");
        try
        {
            _b = new Contender(plan.B, plan.Options, plan.ServerCore, "b");
            if (plan.Floor is not null)
                _floor = new Contender(plan.Floor, plan.Options, plan.ServerCore, "floor");
        }
        catch
        {
            _a.Dispose();
            _b?.Dispose();
            throw;
        }
    }

    /// <summary>Runs all cells.</summary>
    /// <exception cref="LoadException">A server fails, or answers with errors.</exception>
    public CompareRow Run()
    {
        MemoryRow? memory = _plan.Options.Preload ? Preload() : null;
        var cells = new List<CellRow>();
        foreach (string command in _plan.Commands)
        {
            foreach (int pipeline in _plan.Pipelines)
                cells.Add(RunCell(command, pipeline));
        }
        _progress.Clear();
        return new CompareRow(
            DateTime.UtcNow, Machine.Describe(), CommandLineText(), Row(_a), Row(_b),
            LoadRow.Of(_plan.Options), _a.EngineName, _plan.Rounds, [.. cells], memory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Dispose();
        _a.Dispose();
        _b.Dispose();
        _floor?.Dispose();
    }

    private static ServerRow Row(Contender contender) => new(contender.Facts.Name, contender.Facts.Version, contender.Address.Text);

    private static string CommandLineText() => "fastkv-loadgen " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quote));

    private static string Quote(string word) => word.Length == 0 || word.AsSpan().IndexOfAny(" '{") >= 0 ? $"\"{word}\"" : word;

    private MemoryRow Preload()
    {
        (long aBefore, long bBefore) = (_a.ResidentBytes, _b.ResidentBytes);
        foreach (Contender contender in (Contender[])[_a, _b])
        {
            _progress.Show($"preload {contender.Facts.Name}", p =>
            {
                contender.Prepare(_plan.Options.PreloadPhase(), p);
                return 0;
            });
        }
        return new MemoryRow(aBefore, _a.ResidentBytes, bBefore, _b.ResidentBytes, _plan.Options.Keys);
    }

    private CellRow RunCell(string command, int pipeline)
    {
        LoadOptions options = _plan.Options;
        (RequestTemplate, double)[] commands = [(options.Template(command), 1)];
        string label = $"{command} P={pipeline}";
        Contender[] contenders = _floor is null ? [_a, _b] : [_a, _b, _floor];
        if (options.WarmUpSeconds > 0)
        {
            LoadPhase warmUp = options.Phase(commands, pipeline, options.WarmUpSeconds, 0, options.Seed);
            foreach (Contender contender in contenders)
            {
                _progress.Show($"{label} warm-up", p =>
                {
                    contender.Prepare(warmUp, p);
                    return 0;
                });
            }
        }
        RoundRow[][] rows = [.. contenders.Select(_ => new RoundRow[_plan.Rounds])];
        for (int round = 0; round < _plan.Rounds; round++)
        {
            LoadPhase phase = options.Phase(commands, pipeline, options.DurationSeconds, 0, options.Seed + (ulong)round + 1);
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int index = round % 2 == 0 ? turn : contenders.Length - 1 - turn;
                rows[index][round] = Measure(contenders[index], phase, label, round);
            }
        }
        return new CellRow(command, pipeline, rows[0], rows[1], rows.Length > 2 ? rows[2] : null);
    }

    private RoundRow Measure(Contender contender, LoadPhase phase, string label, int round)
        => _progress.Show($"{label} round {round + 1}/{_plan.Rounds} {contender.Facts.Name}", p => contender.Measure(phase, p));
}
