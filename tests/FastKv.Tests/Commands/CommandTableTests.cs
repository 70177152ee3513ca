using System.Text;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>The generated table is consistent, and finds exactly its names.</summary>
public sealed class CommandTableTests
{
    [Fact]
    public void IdsAreDenseAndNamesSorted()
    {
        Assert.NotEmpty(CommandTable.All);
        for (int i = 0; i < CommandTable.All.Length; i++)
        {
            Assert.Equal(i, CommandTable.All[i].Id);
            if (i > 0)
                Assert.True(string.CompareOrdinal(CommandTable.All[i - 1].Name, CommandTable.All[i].Name) < 0);
        }
    }

    [Fact]
    public void SubcommandsAndParentsAreLinked()
    {
        foreach (var command in CommandTable.All)
        {
            int bar = command.Name.IndexOf('|');
            Assert.Equal(bar < 0, command.Parent is null);
            if (command.Parent is { } parent)
            {
                Assert.Equal(command.Name[..bar], parent.Name);
                Assert.Single(parent.Subcommands, command);
            }
            Assert.True(command.IsExecutable || command.Subcommands.Length > 0, command.Name);
        }
        Assert.Equal(CommandTable.All.Count(c => c.Parent is not null), CommandTable.All.Sum(c => c.Subcommands.Length));
    }

    [Fact]
    public void EveryNameIsFoundInAnyCase()
    {
        var random = new Random(20261120);
        foreach (var command in CommandTable.All)
        {
            for (int round = 0; round < 8; round++)
            {
                string spelled = string.Concat(command.Name.Select(c => random.Next(2) == 0 ? char.ToUpperInvariant(c) : c));
                Assert.Same(command, CommandTable.FindByFullName(spelled));
                if (command.Parent is null)
                    Assert.Same(command, CommandTable.Find(Encoding.ASCII.GetBytes(spelled)));
            }
        }
    }

    [Fact]
    public void NothingElseIsFound()
    {
        const int seed = 20261121;
        var random = new Random(seed);
        var names = CommandTable.All.Where(c => c.Parent is null).ToDictionary(c => c.Name);
        string[] all = [.. names.Keys];
        for (int round = 0; round < 200_000; round++)
        {
            byte[] name = Mutate(Encoding.ASCII.GetBytes(all[random.Next(all.Length)]), random);
            names.TryGetValue(Encoding.Latin1.GetString([.. name.Select(b => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b)]), out var expected);
            var found = CommandTable.Find(name);
            Assert.True(ReferenceEquals(expected, found), $"seed {seed}, round {round}: '{Encoding.Latin1.GetString(name)}' gave {found?.Name ?? "nothing"}");
        }
        Assert.Null(CommandTable.Find([]));
        Assert.Null(CommandTable.Find(new byte[25]));
        Assert.Null(CommandTable.Find(new byte[100_000]));
        Assert.Null(CommandTable.FindByFullName("command|"));
        Assert.Null(CommandTable.FindByFullName("command|info|x"));
        Assert.Null(CommandTable.FindByFullName("|command"));
    }

    /// <summary>One byte flipped in one bit, replaced, removed, added, or the name doubled: the near misses of packed comparison.</summary>
    private static byte[] Mutate(byte[] name, Random random)
    {
        var bytes = name.ToList();
        int at = random.Next(bytes.Count);
        switch (random.Next(6))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.RemoveAt(at); break;
            case 3: bytes.Insert(at, (byte)random.Next(256)); break;
            case 4: bytes.Add(0); break;
            default: bytes.AddRange(name); break;
        }
        return [.. bytes];
    }

    [Fact]
    public void DocumentationIsComplete()
    {
        foreach (var command in CommandTable.All)
        {
            Assert.NotEmpty(command.Docs.Since);
            Assert.NotEmpty(command.Docs.Summary);
            Assert.NotEmpty(command.Docs.Complexity);
            Assert.Equal(command.IsExecutable, command.Docs.Handler.Length > 0);
            _ = command.Docs.Arguments;
            Assert.All(command.Docs.History, line => Assert.Matches("^[0-9.]+: .", line));
        }
    }

    [Fact]
    public void KeyArgumentsOfTheSyntaxNameExistingKeySpecifications()
    {
        foreach (var command in CommandTable.All)
            Assert.All(Flatten(command.Docs.Arguments), a => Assert.True(a.KeySpecIndex < command.KeySpecs.Length, $"{command.Name}: {a.Name}"));
    }

    [Fact]
    public void GeneratorAndEngineAgreeOnEnumValues()
    {
        // FastKv.CommandGenerator/Facts.cs repeats these numbers: it cannot reference the engine it generates for.
        Assert.Equal(1, (int)CommandFlags.Write);
        Assert.Equal(2, (int)CommandFlags.ReadOnly);
        Assert.Equal(1 << 3, (int)CommandFlags.Admin);
        Assert.Equal(1 << 4, (int)CommandFlags.PubSub);
        Assert.Equal(1 << 6, (int)CommandFlags.Blocking);
        Assert.Equal(1 << 12, (int)CommandFlags.Fast);
        Assert.Equal(1 << 18, (int)CommandFlags.MovableKeys);
        Assert.Equal(0, (int)CommandRoute.Connection);
        Assert.Equal(1, (int)CommandRoute.Keys);
        Assert.Equal(
            ["Generic", "String", "List", "Set", "SortedSet", "Hash", "PubSub", "Transactions", "Connection", "Server", "Scripting", "HyperLogLog", "Cluster",
                "Sentinel", "Geo", "Stream", "Bitmap"],
            Enum.GetNames<CommandGroup>());
        AclCategories[] ofGroups =
        [
            AclCategories.Keyspace, AclCategories.String, AclCategories.List, AclCategories.Set, AclCategories.SortedSet, AclCategories.Hash, 0,
            AclCategories.Transaction, AclCategories.Connection, 0, AclCategories.Scripting, AclCategories.HyperLogLog, 0, 0, AclCategories.Geo,
            AclCategories.Stream, AclCategories.Bitmap,
        ];
        Assert.Equal([1, 128, 32, 8, 16, 64, 0, 524288, 262144, 0, 1048576, 512, 0, 0, 1024, 2048, 256], ofGroups.Select(c => (int)c));
    }

    private static IEnumerable<SyntaxArgument> Flatten(IEnumerable<SyntaxArgument> arguments) =>
        arguments.SelectMany(a => Flatten(a.Arguments).Prepend(a));
}
