using System;
using System.Collections.Generic;
using System.Globalization;

namespace FastKv.Engine.Commands.Server;

// Control plane. Reads the Syntax of a command attribute into the argument tree of COMMAND DOCS. Also compiled into the
// generator, which reports a text that does not parse as a compiler error. The notation is the one of the Redis manual:
//
//   word              a value named so. Its type follows from well-known names (key, seconds, pattern, …) or from a suffix:
//                     offset:integer, score:double, unix-time-seconds:unix-time. Everything else is a string.
//   TOKEN             a bare word (no lower-case letter in it). Followed by a value or a group in ( ) or < >, it introduces that.
//   name=TOKEN        a bare word whose argument has another name than the lower-cased word.   =""  is the empty word.
//   [ … ]             optional            ( … ) or < … >   required group
//   a | b             one of; within brackets
//   x...              x may be repeated; a token in front is written once:              WEIGHTS weight:integer...
//   ( … )... [ … ]... the whole may be repeated, its token with it:                     [(GET pattern)...]
//   x [x ...]         the manual's way of saying x...; also for several: field value [field value ...]
//   name( … ) name[ … ]   names the group; without it the names of its parts are joined by '_'. A named group of one is a block.
//   suffixes of a word or a group, in any order: :type  #2 (key specification index)  @6.2.0 (since)  ~7.0.0 (deprecated since)  'text' (display text)
//
// Keys are numbered in order of appearance: the first word of type key belongs to key specification 0, the next to 1, unless #n says otherwise.

/// <summary>Parser of <see cref="CommandAttribute.Syntax"/>.</summary>
internal sealed class SyntaxNotation
{
    private const string Closing = ")]>";
    private static readonly string[] Types = ["key", "string", "integer", "double", "pattern", "unix-time", "pure-token"];

    private readonly string _text;
    private int _position;

    private SyntaxNotation(string text) => _text = text;

    /// <summary>The arguments that <paramref name="text"/> describes, in order.</summary>
    /// <exception cref="SyntaxNotationException">The text does not follow the notation.</exception>
    public static List<SyntaxArgument> Parse(string text)
    {
        var parser = new SyntaxNotation(text);
        var (alternatives, repeated) = parser.Body('\0');
        if (alternatives.Count != 1 || repeated)
            throw parser.Wrong("'|' and '...' need brackets around what they apply to");
        int nextKeySpec = 0;
        NumberKeys(alternatives[0], ref nextKeySpec);
        return alternatives[0];
    }

    private static void NumberKeys(List<SyntaxArgument> arguments, ref int nextKeySpec)
    {
        foreach (var argument in arguments)
        {
            if (argument.Type == "key")
            {
                if (argument.KeySpecIndex < 0)
                    argument.KeySpecIndex = nextKeySpec;
                nextKeySpec = argument.KeySpecIndex + 1;
            }
            NumberKeys(argument.Arguments, ref nextKeySpec);
        }
    }

    /// <summary>Items up to <paramref name="end"/>, split at '|'; repeated: the body ends with a "..." of its own.</summary>
    private (List<List<SyntaxArgument>> Alternatives, bool Repeated) Body(char end)
    {
        var alternatives = new List<List<SyntaxArgument>> { new() };
        bool repeated = false;
        while (true)
        {
            SkipSpaces();
            if (_position == _text.Length)
            {
                if (end != '\0')
                    throw Wrong($"'{end}' is missing");
                break;
            }
            char c = _text[_position];
            if (repeated && c != end)
                throw Wrong("'...' must be the last in its brackets");
            if (c == end)
            {
                _position++;
                break;
            }
            if (Closing.IndexOf(c) >= 0)
                throw Wrong($"unexpected '{c}'");
            if (c == '|')
            {
                _position++;
                if (alternatives[alternatives.Count - 1].Count == 0)
                    throw Wrong("nothing before '|'");
                alternatives.Add([]);
            }
            else if (TakeDots())
            {
                repeated = true;
            }
            else
            {
                AddItem(alternatives[alternatives.Count - 1]);
            }
        }
        if (alternatives.Count > 1 && alternatives[alternatives.Count - 1].Count == 0)
            throw Wrong("nothing after '|'");
        return (alternatives, repeated);
    }

    private void AddItem(List<SyntaxArgument> siblings)
    {
        var item = Item();
        if (!item.Multiple || !item.Optional)
        {
            siblings.Add(item);
            return;
        }

        // "x [x ...]" and "a b [a b ...]": what stands before the brackets is the first of the repeated.
        var parts = item.Type == "block" && item.Token is null ? item.Arguments : [item];
        int first = siblings.Count - parts.Count;
        bool follows = first >= 0;
        for (int i = 0; follows && i < parts.Count; i++)
            follows = siblings[first + i].SameAs(parts[i]) && !siblings[first + i].Optional;
        if (follows)
        {
            if (siblings[first].Since != "" && parts.Count == 1)
                item.Since = siblings[first].Since;
            if (parts.Count == 1)
                item.KeySpecIndex = siblings[first].KeySpecIndex;
            siblings.RemoveRange(first, parts.Count);
            item.Optional = false;
        }
        siblings.Add(item);
    }

    private SyntaxArgument Item()
    {
        if (IsOpening(Current))
            return Group("");
        string word = Word();
        if (IsOpening(Current) && Current != '<' && word.Length > 0)
            return Group(word);
        if (word.Length == 0)
            throw Wrong("a word is expected");
        var argument = new SyntaxArgument();
        bool multiple = Suffixes(ref word, argument, out bool typed);
        int equals = word.IndexOf('=');
        if (equals > 0)
        {
            argument.Name = word.Substring(0, equals);
            argument.Token = Unquote(word.Substring(equals + 1));
            argument.Type = "pure-token";
        }
        else if (IsToken(word))
        {
            var operand = multiple ? null : Operand();
            if (operand is not null)
            {
                operand.Token = Unquote(word);
                return operand;
            }
            argument.Name = word.ToLowerInvariant();
            argument.Token = Unquote(word);
            argument.Type = "pure-token";
        }
        else
        {
            argument.Name = word;
            if (!typed)
                argument.Type = TypeByName(word);
        }
        argument.Multiple = multiple;
        return argument;
    }

    /// <summary>The value that a token introduces: a word or a required group right after it; null: the token stands alone.</summary>
    private SyntaxArgument? Operand()
    {
        int start = _position;
        SkipSpaces();
        if (_position == start || _position == _text.Length)
            return null;
        if (Current is '(' or '<')
            return Group("");
        if (Current is '[' or '|' || Closing.IndexOf(Current) >= 0)
            return null;
        int wordStart = _position;
        string word = Word();
        bool standsAlone = IsToken(word) || word.StartsWith("...", StringComparison.Ordinal) || word.IndexOf('=') > 0 || Current == '[';
        _position = wordStart;
        if (standsAlone)
        {
            _position = start;
            return null;
        }
        return Item();
    }

    private SyntaxArgument Group(string name)
    {
        char opening = Current;
        _position++;
        var (alternatives, repeated) = Body(opening switch { '(' => ')', '[' => ']', _ => '>' });
        var argument = Shape(name, alternatives);
        string suffixes = Word();
        if (Suffixes(ref suffixes, argument, out _))
            repeated = true;
        if (suffixes.Length > 0)
            throw Wrong($"'{suffixes}' does not belong here");
        if (opening == '[')
            argument.Optional = true;
        if (repeated)
        {
            argument.Multiple = true;
            argument.MultipleToken |= argument.Token is not null;
        }
        return argument;
    }

    private SyntaxArgument Shape(string name, List<List<SyntaxArgument>> alternatives)
    {
        if (alternatives.Count == 1)
            return Sequence(name, alternatives[0]);
        var oneOf = new SyntaxArgument { Type = "oneof" };
        foreach (var alternative in alternatives)
            oneOf.Arguments.Add(Sequence("", alternative));
        oneOf.Name = name.Length > 0 ? name : JoinedNames(oneOf.Arguments);
        return oneOf;
    }

    private SyntaxArgument Sequence(string name, List<SyntaxArgument> items)
    {
        if (items.Count == 0)
            throw Wrong("empty brackets");
        if (items.Count == 1 && name.Length == 0)
            return items[0];
        return new SyntaxArgument { Name = name.Length > 0 ? name : JoinedNames(items), Type = "block", Arguments = items };
    }

    private static string JoinedNames(List<SyntaxArgument> arguments)
    {
        var names = new List<string>();
        foreach (var argument in arguments)
            names.Add(argument.Name);
        return string.Join("_", names);
    }

    /// <summary>Cuts the suffixes off <paramref name="word"/> into <paramref name="argument"/>; returns whether "..." was among them.</summary>
    private bool Suffixes(ref string word, SyntaxArgument argument, out bool typed)
    {
        typed = false;
        bool multiple = false;
        while (true)
        {
            int cut;
            if (word.Length >= 3 && word.EndsWith("...", StringComparison.Ordinal))
            {
                multiple = true;
                cut = word.Length - 3;
            }
            else if (word.Length >= 2 && word[word.Length - 1] == '\'' && (cut = word.LastIndexOf('\'', word.Length - 2)) >= 0)
            {
                argument.DisplayText = word.Substring(cut + 1, word.Length - cut - 2);
            }
            else if ((cut = VersionSuffix(word, '@')) >= 0)
            {
                argument.Since = word.Substring(cut + 1);
            }
            else if ((cut = VersionSuffix(word, '~')) >= 0)
            {
                argument.DeprecatedSince = word.Substring(cut + 1);
            }
            else if ((cut = word.LastIndexOf('#')) >= 0 &&
                int.TryParse(word.Substring(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int keySpec))
            {
                argument.KeySpecIndex = keySpec;
            }
            else if ((cut = word.LastIndexOf(':')) > 0 && Array.IndexOf(Types, word.Substring(cut + 1)) >= 0)
            {
                argument.Type = word.Substring(cut + 1);
                typed = true;
            }
            else
            {
                return multiple;
            }
            word = word.Substring(0, cut);
        }
    }

    private static int VersionSuffix(string word, char mark)
    {
        int at = word.LastIndexOf(mark);
        if (at < 0 || at + 1 == word.Length)
            return -1;
        for (int i = at + 1; i < word.Length; i++)
        {
            if (!(char.IsDigit(word[i]) || (word[i] == '.' && i > at + 1)))
                return -1;
        }
        return at;
    }

    private static string TypeByName(string name)
    {
        if (name.StartsWith("unix-time", StringComparison.Ordinal))
            return "unix-time";
        return name switch
        {
            "key" or "newkey" or "destination" or "source" or "destkey" or "sourcekey" or "key1" or "key2" => "key",
            "pattern" => "pattern",
            "seconds" or "milliseconds" or "count" or "numkeys" or "cursor" or "offset" or "port" => "integer",
            _ => "string",
        };
    }

    private char Current => _position < _text.Length ? _text[_position] : '\0';

    private static bool IsOpening(char c) => c is '(' or '[' or '<';

    /// <summary>A token has no lower-case letter: NX, =, "".</summary>
    private static bool IsToken(string word)
    {
        foreach (char c in word)
        {
            if (char.IsLower(c))
                return false;
        }
        return word.Length > 0;
    }

    private static string Unquote(string token) => token == "\"\"" ? "" : token;

    private bool TakeDots()
    {
        if (string.CompareOrdinal(_text, _position, "...", 0, 3) != 0)
            return false;
        _position += 3;
        return true;
    }

    private string Word()
    {
        int start = _position;
        bool quoted = false;
        while (_position < _text.Length && (quoted || !(Current == ' ' || Current == '|' || IsOpening(Current) || Closing.IndexOf(Current) >= 0)))
        {
            quoted ^= Current == '\'';
            _position++;
        }
        return _text.Substring(start, _position - start);
    }

    private void SkipSpaces()
    {
        while (Current == ' ')
            _position++;
    }

    private SyntaxNotationException Wrong(string what) => new($"{what}, at character {_position} of \"{_text}\"");
}
