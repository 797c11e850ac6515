"""Passwords that guessers try first, in lower case; only those long enough to be accepted otherwise."""

COMMON_PASSWORDS = frozenset(
    """
    00000000 01234567 0123456789 0987654321 102030405060 11111111 111111111 1111111111 11223344 1122334455
    112233445566 12121212 121212121212 12312312 123123123 123123123123 12341234 12344321 1234512345 12345678
    123456789 1234567890 1234567890a 12345678910 123456789a 123456789q 123qweasd 123qweasdzxc 12qwaszx 1357924680
    147258369 147852369 159753456 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 22222222
    33333333 3rjs1la7qe 55555555 66666666 77777777 87654321 88888888 963852741 987654321 9876543210 99999999
    a1234567 a12345678 a123456789 a1b2c3d4 aa123456 aa12345678 abc12345 abc123456 abcd1234 abcdefgh abcdefghi
    access14 adgjmptw admin123 admin1234 admin12345 administrator alexander asd123456 asdasdasd asdf1234 asdfasdf
    asdfghjk asdfghjkl baseball baseball1 basketball benfica1 blink182 butterfly changeme changeme1 changeme123
    charlie1 chocolate chocolate1 christian computer computer1 correcthorsebatterystaple corvette danielle default1
    dragon123 drowssap einstein elephant elizabeth football football1 fuckyou1 fuckyou2 gfhjkmgfhjkm google123
    guest123 gwerty123 hello123 hello1234 hellokitty helloworld iloveyou iloveyou! iloveyou1 iloveyou2 internet
    internet1 jennifer jessica1 jordan23 kkkkkkkk letmein1 letmein123 liverpool liverpool1 login123 lovelove
    loveyou1 manchester marlboro master123 maverick mercedes metallica michael1 michelle microsoft midnight
    monkey123 mustang1 mypassword myspace1 nicholas nothing1 p@ssw0rd p@ssword pa$$w0rd pa$$word pass1234 pass12345
    passw0rd passw0rd1 password password! password01 password1 password1! password12 password123 password123!
    password1234 password2 password@123 playstation pokemon1 polar123 princess princess1 q1w2e3r4 q1w2e3r4t5
    q1w2e3r4t5y6 qazwsxed qazwsxedc qwaszx12 qwe123456 qweasdzxc qweqweqwe qwer1234 qwerasdf qwert123 qwerty12
    qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop qwertyuiop123 rockstar1 samantha samsung1 secret123
    security september skywalker slipknot spiderman starwars steelers sunshine sunshine1 superman superman1 temp1234
    test1234 test12345 testing1 testing123 testtest trustno1 unknown1 username victoria welcome1 welcome12
    welcome123 whatever whatever1 william1 xxxxxxxx yankees1 zaq12wsx zaq1xsw2 zaq1zaq1 zxcvbnm, zxcvbnm1 zxcvbnm123
    zzzzzzzz
    """.split()  # noqa: SIM905 - a list of words is read and changed as words
)
