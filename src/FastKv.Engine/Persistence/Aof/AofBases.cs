namespace FastKv.Engine.Persistence.Aof;

/// <summary>The writers of bases. Control plane.</summary>
/// <param name="snapshot">What writes RDB files; null: bases are of commands in any case.</param>
internal sealed class AofBases(IAofBase? snapshot)
{
    private readonly CommandBase _commands = new();

    /// <summary>The one to use.</summary>
    public IAofBase For(bool asSnapshot) => asSnapshot && snapshot is not null ? snapshot : _commands;

    /// <summary>Whether bases can be RDB files.</summary>
    public bool HasSnapshot => snapshot is not null;
}
